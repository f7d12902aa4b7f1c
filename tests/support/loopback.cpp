#include "support/loopback.hpp"

#include <gtest/gtest.h>

namespace runwatch::support {

loopback::loopback() : authority_(make_authority("Test Authority")), trusted_(authority_.own.certificate_pem) {
    options.timeout = std::chrono::seconds{5};
    options.ca_file = trusted_.path();
}

loopback::~loopback() {
    for (auto& task : started_)
        if (!task.done()) {
            task.cancel();
            EXPECT_TRUE(ends_cancelled(task));
        }
    client_.reset();
    for (auto& server : servers_)
        server.stop();
    EXPECT_TRUE(runs_empty(io)) << "something is left on the loop";
    for (auto const& server : servers_)
        EXPECT_EQ(server.complaints(), "");
}

scripted_server& loopback::serve(std::string const& address) { return servers_.emplace_back(io, address); }

identity loopback::identify(certificate_request const& request) const { return issue(authority_, request); }

identity loopback::identify(std::vector<std::string> names) const {
    return identify(certificate_request{std::move(names)});
}

http_client& loopback::client() {
    if (!client_)
        client_.emplace(io.get_executor(), options);
    return *client_;
}

task<result<http_response>> loopback::start(http_request request) {
    return started_.emplace_back(io, client().send(std::move(request)));
}

result<http_response> loopback::send(http_request request) { return start(std::move(request)).get(); }

result<http_response> loopback::get(std::string const& url) { return send(get_request(url)); }

bool has_ipv6() {
    try {
        boost::asio::io_context io;
        scripted_server const probe(io, "::1");
        return true;
    } catch (boost::system::system_error const&) {
        return false;
    }
}

http_request get_request(std::string const& url) {
    http_request request;
    request.url = url;
    return request;
}

http_request post_request(std::string const& url, std::string const& body) {
    http_request request;
    request.method = "POST";
    request.url = url;
    request.body = body;
    request.idempotent = false;
    return request;
}

std::string text_of(result<http_response> const& answer) {
    if (!answer)
        return std::string{to_string(answer.error().kind)} + ": " + answer.error().message;
    return std::to_string(answer->status) + ' ' + answer->body;
}

std::string text_of(result<http_response> const& answer, scripted_server const& server, std::string const& host) {
    auto text = text_of(answer);
    auto const name = host + ':' + std::to_string(server.port());
    if (auto const at = text.find(name); at != std::string::npos)
        text.replace(at, name.size(), "SERVER");
    return text;
}

} // namespace runwatch::support
