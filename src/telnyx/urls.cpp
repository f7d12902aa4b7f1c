#include "telnyx/urls.hpp"

#include "runwatch/telnyx.hpp"
#include "runwatch/text.hpp"
#include "runwatch/url.hpp"

#include <boost/url/decode_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace urls = boost::urls;

namespace runwatch {
namespace {

constexpr std::size_t longest_id = 256;

constexpr std::string_view tests_path = "/ai/assistants/tests/";

constexpr std::string_view suites_path = "/ai/assistants/tests/test-suites/";

/// `page[size]=1`, percent-encoded as RFC 3986 asks.
constexpr std::string_view one_test_path = "/ai/assistants/tests?page%5Bsize%5D=1";

failure refused_name(std::string_view text, char const* of_what, std::string const& why) {
    return {failure_kind::permanent, "\"" + to_printable(text) + "\" does not name a " + of_what + ": " + why};
}

failure refused_ref(std::string_view text, std::string const& why) { return refused_name(text, "run", why); }

result<run_key> make_key(std::string_view text, std::string test_id, std::string run_id) {
    for (auto const& flaw : {telnyx::flaw_of_id(test_id, "its TEST_ID"), telnyx::flaw_of_id(run_id, "its RUN_ID")})
        if (!flaw.empty())
            return refused_ref(text, flaw.ends_with("missing") ? flaw + "; write TEST_ID/RUN_ID" : flaw);
    return run_key{std::move(test_id), std::move(run_id)};
}

std::uint16_t port_of(urls::url_view const& url) {
    if (url.port_number() != 0)
        return url.port_number();
    return url.scheme_id() == urls::scheme::https ? 443 : 80;
}

bool same_host(urls::url_view const& a, urls::url_view const& b) {
    auto const lower = [](unsigned char letter) { return std::tolower(letter); };
    return a.scheme_id() == b.scheme_id() && port_of(a) == port_of(b) &&
           std::ranges::equal(a.host_address(), b.host_address(), {}, lower, lower);
}

std::string decoded(std::string_view encoded) {
    auto const view = urls::make_pct_string_view(encoded);
    if (!view)
        return {};
    std::string text;
    for (auto const letter : **view)
        text += letter;
    return text;
}

/// Takes an absolute URL apart; nothing if the text is none.
std::optional<urls::url_view> parse_absolute(std::string_view text) {
    auto const parsed = urls::parse_uri(text);
    // Boost.URL 1.81 takes what cannot belong to a port, as in `host:80x`, for a path.
    if (!parsed || (!parsed->encoded_path().empty() && !parsed->encoded_path().starts_with('/')))
        return std::nullopt;
    return *parsed;
}

result<run_key> parse_run_url(std::string_view text, std::string_view base_url) {
    auto const url = parse_absolute(text);
    auto const base = parse_absolute(base_url);
    if (!url)
        return refused_ref(redacted_url(text), "it is not a valid URL");
    if (url->has_userinfo() || !same_host(*url, *base))
        return refused_ref(redacted_url(text), "it is not under the base URL " + std::string{base_url} +
                                                   ", and the API key is sent nowhere else; if that is another API, "
                                                   "make it the base URL");
    auto const expected = std::string{base->encoded_path()} + std::string{tests_path};
    std::string_view const path{url->encoded_path().data(), url->encoded_path().size()};
    constexpr std::string_view runs = "/runs/";
    auto const shape = "its path must be " + expected + "TEST_ID/runs/RUN_ID";
    if (!path.starts_with(expected))
        return refused_ref(redacted_url(text), shape);
    auto rest = path.substr(expected.size());
    if (rest.ends_with('/'))
        rest.remove_suffix(1);
    auto const slash = rest.find('/');
    if (slash == std::string_view::npos || !rest.substr(slash).starts_with(runs))
        return refused_ref(redacted_url(text), shape);
    auto const run_id = rest.substr(slash + runs.size());
    if (run_id.find('/') != std::string_view::npos)
        return refused_ref(redacted_url(text), shape);
    return make_key(redacted_url(text), decoded(rest.substr(0, slash)), decoded(run_id));
}

} // namespace

std::string plain_base_url(std::string_view url) {
    auto const shown = to_printable(redacted_url(url));
    auto const parsed = parse_absolute(url);
    if (!parsed || (parsed->scheme_id() != urls::scheme::https && parsed->scheme_id() != urls::scheme::http) ||
        parsed->host().empty())
        throw config_error{"the base URL \"" + shown + "\" cannot be used: write it as " +
                           std::string{telnyx_public_api}};
    if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment())
        throw config_error{"the base URL \"" + shown + "\" must have no user name, password, query or fragment"};
    urls::url plain{*parsed};
    plain.normalize_scheme().normalize_authority();
    std::string text{plain.buffer().data(), plain.buffer().size()};
    while (text.ends_with('/'))
        text.pop_back();
    return text;
}

result<run_key> parse_ref(std::string_view text, std::string_view base_url) {
    text = trim(text);
    if (text.starts_with("https://") || text.starts_with("http://"))
        return parse_run_url(text, base_url);
    auto const slash = text.find('/');
    if (slash == std::string_view::npos)
        return refused_ref(text, "write TEST_ID/RUN_ID, or the run's URL");
    if (text.find('/', slash + 1) != std::string_view::npos)
        return refused_ref(text, "it has more than one \"/\"; write TEST_ID/RUN_ID, or the run's URL with https://");
    return make_key(text, std::string{text.substr(0, slash)}, std::string{text.substr(slash + 1)});
}

result<run_order> parse_test(std::string_view text) {
    text = trim(text);
    if (auto const flaw = telnyx::flaw_of_id(text, "its id"); !flaw.empty())
        return refused_name(text, "test", flaw);
    if (text.find('/') != std::string_view::npos)
        return refused_name(redacted_url(text), "test", "write its TEST_ID alone");
    return run_order(std::string{text}, {});
}

result<run_order> parse_suite(std::string_view text) {
    auto const is_control = [](unsigned char letter) { return letter < ' ' || letter == 0x7F; };
    if (trim(text).empty())
        return refused_name(text, "suite", "it is empty");
    if (text == "." || text == "..")
        return refused_name(text, "suite", "it must not be \".\" or \"..\"");
    if (std::ranges::any_of(text, is_control))
        return refused_name(text, "suite", "it holds a control character");
    return run_order({}, std::string{text});
}

namespace telnyx {

namespace {

std::string with_part(std::string_view base_url, std::string_view path, std::string_view part) {
    std::string url;
    // Mostly enough for what is appended, too.
    url.reserve(base_url.size() + path.size() + part.size() + 64);
    append_percent_encoded(url.append(base_url).append(path), part);
    return url;
}

/// A part of a path that a server does not take for a step in it.
result<void> check_part(std::string_view part) {
    if (part.empty() || part == "." || part == "..")
        return failure{failure_kind::permanent, "the API has no address for the name \"" + std::string{part} + "\""};
    return {};
}

} // namespace

std::string flaw_of_id(std::string_view id, std::string_view name) {
    std::string text{name};
    if (id.empty())
        return text.append(" is missing");
    if (id.size() > longest_id)
        return text.append(" is longer than ").append(std::to_string(longest_id)).append(" bytes");
    // A server would take these as steps in the path, however they are encoded.
    if (id == "." || id == "..")
        return text.append(" must not be \".\" or \"..\"");
    if (std::ranges::any_of(id, [](unsigned char letter) { return letter <= ' ' || letter == 0x7F; }))
        return text.append(" holds white space or a control character");
    return {};
}

std::string run_url(std::string_view base_url, run_key const& key) {
    auto url = with_part(base_url, tests_path, key.test_id);
    append_percent_encoded(url.append("/runs/"), key.run_id);
    return url;
}

result<std::string> list_url(std::string_view base_url, run_list const& what, std::size_t page) {
    auto const of_test = what.suite.empty();
    if (auto const usable = check_part(of_test ? what.test_id : what.suite); !usable)
        return usable.error();
    auto url = of_test ? with_part(base_url, tests_path, what.test_id) : with_part(base_url, suites_path, what.suite);
    url.append("/runs?");
    if (!what.suite_run_id.empty()) {
        append_percent_encoded(url.append("test_suite_run_id="), what.suite_run_id);
        url.append("&");
    }
    if (!what.status.empty()) {
        append_percent_encoded(url.append("status="), what.status);
        url.append("&");
    }
    url.append("page%5Bnumber%5D=").append(std::to_string(page));
    url.append("&page%5Bsize%5D=").append(std::to_string(runs_per_page));
    return url;
}

std::string suites_url(std::string_view base_url) {
    return std::string{base_url}.append(suites_path.substr(0, suites_path.size() - 1));
}

result<std::string> test_url(std::string_view base_url, std::string_view test_id) {
    if (auto const usable = check_part(test_id); !usable)
        return usable.error();
    return with_part(base_url, tests_path, test_id);
}

result<std::string> trigger_url(std::string_view base_url, run_order const& order) {
    auto const of_test = order.suite.empty();
    if (auto const usable = check_part(of_test ? order.test_id : order.suite); !usable)
        return usable.error();
    auto url = of_test ? with_part(base_url, tests_path, order.test_id) : with_part(base_url, suites_path, order.suite);
    return url.append("/runs");
}

std::string one_test_url(std::string_view base_url) { return std::string{base_url}.append(one_test_path); }

} // namespace telnyx
} // namespace runwatch
