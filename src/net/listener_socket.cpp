#include "net/listener_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// How often a port that is free for one of localhost's addresses may be taken for the other.
constexpr int most_ports_tried = 16;

/// A descriptor until somebody takes it.
class held_descriptor {
public:
    explicit held_descriptor(int number) : number_(number) {}

    held_descriptor(held_descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

    ~held_descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }

    held_descriptor(held_descriptor const&) = delete;
    held_descriptor& operator=(held_descriptor const&) = delete;
    held_descriptor& operator=(held_descriptor&&) = delete;

    int get() const { return number_; }

    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

/// An address as the kernel wants it.
struct kernel_address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }

    int family() const { return storage.ss_family; }
};

template <class Address>
kernel_address to_kernel(Address const& address) {
    kernel_address made;
    std::memcpy(&made.storage, &address, sizeof address);
    made.length = sizeof address;
    return made;
}

kernel_address ip_address(std::string const& host, std::uint16_t port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1)
        return to_kernel(v4);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1)
        return to_kernel(v6);
    throw config_error{"cannot listen on \"" + host + "\": it is no IP address"};
}

kernel_address unix_address(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw config_error{"cannot listen on unix:" + path + ": the path is too long for a socket"};
    path.copy(address.sun_path, path.size());
    return to_kernel(address);
}

std::string folder_of(std::string const& path) {
    auto const slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// What the system said, and what to do about it.
std::string explain(int error, listen_address const& where) {
    auto said = std::generic_category().message(error);
    auto const folder = where.is_unix() ? folder_of(where.path) : std::string{};
    switch (error) {
    case EADDRINUSE:
        return where.is_unix()
                   ? "another process has just made that file: choose another path"
                   : "the port is in use: another program, or another runwatch, listens there; stop it or choose "
                     "another port";
    case EADDRNOTAVAIL:
        return "no interface of this machine has that address: use one that `ip address` lists";
    case EAFNOSUPPORT:
        return "this machine has no IPv6: use an IPv4 address";
    case EACCES:
        return where.is_unix()
                   ? "this user may not create files in " + folder + ": give it that folder, or choose another"
                   : "ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose a higher port";
    case ENOENT:
        return "the folder " + folder +
               " does not exist: create it (under systemd: RuntimeDirectory=), or choose another";
    case ENOTDIR:
        return "a part of " + folder + " is no folder: choose another path";
    case EROFS:
        return "the file system of " + folder + " is read-only: choose another path";
    case EMFILE:
    case ENFILE:
        return said + ": raise the limit of open files (ulimit -n, LimitNOFILE=)";
    default:
        return said;
    }
}

[[noreturn]] void refuse(listen_address const& where, std::string const& why) {
    throw config_error{"cannot listen on " + where.text() + ": " + why};
}

[[noreturn]] void refuse(listen_address const& where, int error) { refuse(where, explain(error, where)); }

held_descriptor open_socket(listen_address const& where, int family) {
    held_descriptor made(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0)
        refuse(where, errno);
    return made;
}

void begin_to_listen(listen_address const& where, held_descriptor const& socket) {
    if (::listen(socket.get(), SOMAXCONN) != 0)
        refuse(where, errno);
}

/// Binds one address; the error as a number, 0 for none.
int bind_ip(held_descriptor const& socket, std::string const& host, kernel_address address) {
    int const on = 1;
    // The connections of a process that has just ended keep the port for a minute otherwise.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.family() == AF_INET6) {
        // `[::]` means every interface, as people who write it expect; any other address means itself.
        int const only = host == "::" ? 0 : 1;
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    }
    return ::bind(socket.get(), address.get(), address.length) == 0 ? 0 : errno;
}

std::uint16_t port_of(held_descriptor const& socket) {
    kernel_address bound;
    bound.length = sizeof bound.storage;
    ::getsockname(socket.get(), bound.get(), &bound.length);
    if (bound.family() == AF_INET6)
        return ntohs(reinterpret_cast<sockaddr_in6*>(bound.get())->sin6_port);
    return ntohs(reinterpret_cast<sockaddr_in*>(bound.get())->sin_port);
}

held_descriptor listen_on_ip(listen_address const& where, std::string const& host) {
    auto const address = ip_address(host, where.port);
    auto socket = open_socket(where, address.family());
    if (auto const error = bind_ip(socket, host, address); error != 0)
        refuse(where, error);
    begin_to_listen(where, socket);
    return socket;
}

/// Both addresses that localhost has: who could bind the other one would be asked for our tokens by half of the
/// clients. A machine without IPv6 has but one.
std::vector<held_descriptor> listen_on_localhost(listen_address const& where) {
    for (int tries = 1;; ++tries) {
        std::vector<held_descriptor> sockets;
        sockets.push_back(listen_on_ip(where, "127.0.0.1"));
        held_descriptor second(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (second.get() < 0 && errno == EAFNOSUPPORT)
            return sockets;
        if (second.get() < 0)
            refuse(where, errno);
        auto const error = bind_ip(second, "::1", ip_address("::1", port_of(sockets.front())));
        if (error == EADDRNOTAVAIL)
            return sockets;
        if (error == EADDRINUSE && where.port == 0 && tries < most_ports_tried)
            continue;
        if (error != 0)
            refuse(where, error);
        begin_to_listen(where, second);
        sockets.push_back(std::move(second));
        return sockets;
    }
}

/// Removes the socket file that a process left which is no more. Throws config_error for any other file.
void remove_stale_socket(listen_address const& where, kernel_address address) {
    struct stat found {};

    if (::lstat(where.path.c_str(), &found) != 0) {
        if (errno != ENOENT)
            refuse(where, errno);
        return;
    }
    if (!S_ISSOCK(found.st_mode))
        refuse(where, "there is a file of that name that is no socket: remove it, or choose another path");
    auto const probe = open_socket(where, AF_UNIX);
    if (::connect(probe.get(), address.get(), address.length) == 0 || errno == EAGAIN)
        refuse(where, "another process listens there: stop it, or choose another path");
    if (errno != ECONNREFUSED && errno != ENOENT)
        refuse(where, "nobody can tell whether the socket there is in use (" + std::generic_category().message(errno) +
                          "): remove it, or choose another path");
    if (::unlink(where.path.c_str()) != 0 && errno != ENOENT)
        refuse(where, "the socket that an earlier process left cannot be removed (" +
                          std::generic_category().message(errno) + "): remove it, or choose another path");
}

held_descriptor listen_on_path(listen_address const& where) {
    constexpr mode_t mode = 0660;
    auto address = unix_address(where.path);
    remove_stale_socket(where, address);
    auto socket = open_socket(where, AF_UNIX);
    // The umask can but take from the mode that the socket has when it is bound: at no time may more connect.
    ::fchmod(socket.get(), mode);
    if (::bind(socket.get(), address.get(), address.length) != 0)
        refuse(where, errno);
    if (::chmod(where.path.c_str(), mode) != 0)
        refuse(where, errno);
    begin_to_listen(where, socket);
    return socket;
}

/// Where a descriptor listens; nothing if it is no socket that does.
std::optional<listen_address> listens_at(int descriptor) {
    int listens = 0;
    socklen_t size = sizeof listens;
    kernel_address bound;
    bound.length = sizeof bound.storage;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
        ::getsockname(descriptor, bound.get(), &bound.length) != 0)
        return std::nullopt;
    listen_address where;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (bound.family() == AF_UNIX) {
        where.path = reinterpret_cast<sockaddr_un*>(bound.get())->sun_path;
    } else if (bound.family() == AF_INET) {
        auto const* const address = reinterpret_cast<sockaddr_in*>(bound.get());
        where.host = ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
        where.port = ntohs(address->sin_port);
    } else if (bound.family() == AF_INET6) {
        auto const* const address = reinterpret_cast<sockaddr_in6*>(bound.get());
        where.host = ::inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size());
        where.port = ntohs(address->sin6_port);
    }
    return where;
}

/// Tells whether two addresses are the same, however they are spelt.
bool is_same(listen_address const& one, listen_address const& other) {
    if (one.is_unix() || other.is_unix())
        return one.path == other.path;
    auto const a = ip_address(one.host, one.port);
    auto const b = ip_address(other.host, other.port);
    return a.length == b.length && std::memcmp(&a.storage, &b.storage, a.length) == 0;
}

/// Copies of the descriptors that already listen there, and neither on more nor on less: of localhost, that is two.
std::vector<held_descriptor> inherited_at(listen_address const& where, std::vector<int> const& inherited) {
    if (where.host == "localhost") {
        auto one = where;
        one.host = "127.0.0.1";
        auto found = inherited_at(one, inherited);
        one.host = "::1";
        for (auto& second : inherited_at(one, inherited))
            found.push_back(std::move(second));
        if (found.size() < 2)
            found.clear();
        return found;
    }
    std::vector<held_descriptor> found;
    for (auto const each : inherited) {
        auto const at = listens_at(each);
        if (!at || !is_same(*at, where))
            continue;
        held_descriptor copy(::fcntl(each, F_DUPFD_CLOEXEC, 0));
        if (copy.get() < 0 || ::fcntl(copy.get(), F_SETFL, ::fcntl(copy.get(), F_GETFL) | O_NONBLOCK) != 0)
            refuse(where, errno);
        found.push_back(std::move(copy));
    }
    return found;
}

} // namespace

http_listener::socket::socket(asio::any_io_executor const& executor, listen_address wanted,
                              std::vector<int> const& inherited)
    : where(std::move(wanted)) {
    auto sockets = inherited_at(where, inherited);
    is_inherited = !sockets.empty();
    if (is_inherited) {
        // Who made them sees to their file.
    } else if (where.is_unix()) {
        sockets.push_back(listen_on_path(where));

        struct stat made {};

        if (::lstat(where.path.c_str(), &made) == 0) {
            device_ = made.st_dev;
            inode_ = made.st_ino;
        }
    } else if (where.host == "localhost") {
        sockets = listen_on_localhost(where);
    } else {
        sockets.push_back(listen_on_ip(where, where.host));
    }
    if (!where.is_unix())
        where.port = port_of(sockets.front());
    for (auto& each : sockets)
        doors.emplace_back(executor, each.release());
}

http_listener::socket::~socket() {
    struct stat found {};

    if (where.is_unix() && inode_ != 0 && ::lstat(where.path.c_str(), &found) == 0 && found.st_dev == device_ &&
        found.st_ino == inode_)
        ::unlink(where.path.c_str());
}

http_listener::http_listener(asio::any_io_executor executor, listen_address where, std::vector<int> const& inherited)
    : socket_(std::make_unique<socket>(executor, std::move(where), inherited)) {}

http_listener::~http_listener() = default;

listen_address const& http_listener::address() const { return socket_->where; }

bool http_listener::is_inherited() const { return socket_->is_inherited; }

} // namespace runwatch
