#!/usr/bin/env bash
# Lays out the files of the container image: scripts/lib/image_tree.sh RUNWATCH DIRECTORY, where RUNWATCH is the built
# executable. DIRECTORY/root has all that runwatch opens, and no other program; DIRECTORY/state is the folder of its
# state, apart because it gets another owner. Debian 12 is what it knows.
set -euo pipefail
cd "$(dirname "$0")/../.."
runwatch=${1:?which executable?} directory=${2:?into which directory?}
tree=$directory/root

owner() { # file: the package that it came with; of libraries that have moved to /usr, Debian knows the old place
    { dpkg-query --search "$1" 2>/dev/null || dpkg-query --search "${1#/usr}"; } | sed 's/:.*//;q'
}

copyright() { # package
    install -D --mode=644 "/usr/share/doc/$1/copyright" "$tree/usr/share/doc/$1/copyright"
}

install -D --strip "$runwatch" "$tree/usr/bin/runwatch"
install -D --mode=644 LICENSE "$tree/usr/share/doc/runwatch/copyright"
install -D --mode=644 config/container.yaml "$tree/etc/runwatch/runwatch.yaml"

# The loader looks in these same places without a cache of its own. /lib is a part of /usr, as in Debian, so that an
# image of Debian can take all of /usr from this one.
ldd "$runwatch" | grep -o '/[^ ]*' | while read -r library; do
    install -D "$library" "$tree/usr/${library#/usr/}"
    copyright "$(owner "$(realpath "$library")")"
done
for directory_of_libraries in "$tree"/usr/lib*; do
    ln -s "usr/${directory_of_libraries##*/}" "$tree/${directory_of_libraries##*/}"
done

# OpenSSL looks for one file with all authorities, then in a folder.
install -D --mode=644 /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/ca-certificates.crt"
install -d "$tree/usr/lib/ssl"
ln -s /etc/ssl/certs/ca-certificates.crt "$tree/usr/lib/ssl/cert.pem"
ln -s /etc/ssl/certs "$tree/usr/lib/ssl/certs"
copyright ca-certificates

printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' 'runwatch:x:65532:65532::/:/sbin/nologin' >"$tree/etc/passwd"
printf '%s\n' 'root:x:0:' 'runwatch:x:65532:' >"$tree/etc/group"
install -d "$tree/var/lib" "$directory/state"
