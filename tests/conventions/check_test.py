"""The checker must find what it is for: a rule that cannot fail guards nothing."""

import check


def lines(text: str) -> list[int]:
    return [line for line, _ in check.co_await_breaches(text)]


def test_finds_braces_conditionals_and_capturing_lambdas() -> None:
    assert lines("co_await g({1, 2});") == [1]
    assert lines("\nauto x = co_await g(agg{1});") == [2]
    assert lines("auto x = co_await g(a ? b : c);") == [1]
    assert lines("co_await g([this] { return 1; });") != []
    assert lines("co_await g([&a](int) { return a; });") != []
    assert lines("if (auto z = co_await h(agg{1})) {\n}") == [1]


def test_leaves_good_statements_alone() -> None:
    assert lines("void f() {\n    co_await g(a[1], b);\n}") == []
    assert lines("while (co_await h(x)) {\n    int y;\n}") == []
    assert lines("for (;;) {\n    auto const x = co_await h(x);\n}") == []
    assert lines('co_await log("{?}");  // {?}') == []


def test_finds_forbidden_words() -> None:
    for text in ("co_spawn(e, f(), asio::detached);", "std::this_thread::sleep_for(1s);", "class FooManager {", "loop.stop();"):
        assert check.forbidden_breaches(text), text
    assert not check.forbidden_breaches("// never asio::detached\nclass pool;")


def test_finds_arrows_that_turn_back() -> None:
    root = check.ROOT
    assert check.include_breaches(root / "src/net/x.cpp", '#include "runwatch/poller.hpp"\n')
    assert check.include_breaches(root / "src/telnyx/x.cpp", "#include <boost/beast/http.hpp>\n")
    assert check.include_breaches(root / "src/watch.cpp", "#include <boost/asio/awaitable.hpp>\n") == []
    assert check.include_breaches(root / "include/runwatch/schedule.hpp", "#include <boost/asio.hpp>\n")
    assert check.include_breaches(root / "src/options/x.cpp", "#include <yaml-cpp/yaml.h>\n")
    assert check.include_breaches(root / "src/options/x.cpp", '#include "runwatch/config.hpp"\n')
    assert not check.include_breaches(root / "src/config/x.cpp", "#include <yaml-cpp/yaml.h>\n")
    assert check.include_breaches(root / "include/runwatch/config.hpp", "#include <yaml-cpp/yaml.h>\n")
    assert check.include_breaches(root / "src/unheard_of/x.cpp", "")
    assert check.include_breaches(root / "src/sinks/x.cpp", "#include <openssl/hmac.h>\n")
    assert not check.include_breaches(root / "src/sinks/webhook_signature.cpp", "#include <openssl/hmac.h>\n")
    assert not check.include_breaches(root / "src/net/x.cpp", '#include "net/tls.hpp"\n#include <openssl/ssl.h>\n')
