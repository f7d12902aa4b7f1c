# Sourced: a bare Debian 12 in build/debian-root, from the mirror that this machine installs from. Needs root and
# debootstrap.

# Makes it where it is not there yet.
make_debian_root() {
    local root=build/debian-root mirror
    if [ -e "$root.made" ]; then return; fi
    mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        sed -n 's/^bookworm main //p' | head -n 1)
    [ -n "$mirror" ] || { echo "this machine's apt knows no mirror of Debian 12 (bookworm)" >&2; return 1; }
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase bookworm "$root" "$mirror" >&2
    # Updates come from where this machine gets them.
    rm -f "$root/etc/apt/sources.list"
    for source in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
        if [ -s "$source" ]; then cp "$source" "$root$source"; fi
    done
    touch "$root.made"
}
