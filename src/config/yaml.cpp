#include "config/yaml.hpp"

#include "config/document.hpp"
#include "config/source_text.hpp"
#include "runwatch/units.hpp"

#include <sstream>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace runwatch {

std::optional<option_node> read_yaml(std::string_view text, std::string const& file, problems& found) {
    if (text.size() > longest_config) {
        found.error({file, 0, 0, ""}, "the file is larger than " + format_size(longest_config));
        return std::nullopt;
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    source_text source{text, file};
    if (auto const flaw = source.first_flaw()) {
        found.error(flaw->first, flaw->second);
        return std::nullopt;
    }
    document built{source, found};
    try {
        std::istringstream in{std::string{text}};
        YAML::Parser parser{in};
        while (parser.HandleNextDocument(built)) {
        }
    } catch (YAML::Exception const& wrong) {
        if (auto const tab = source.indenting_tab(wrong.mark)) {
            found.error(*tab, "not valid YAML: a line must be indented with blanks, not with a tab");
            return std::nullopt;
        }
        // What stands behind a colon may be a secret that begins with an asterisk: the name of an anchor.
        found.error(source.place(wrong.mark), "not valid YAML: " + wrong.msg.substr(0, wrong.msg.find(": ")));
        return std::nullopt;
    } catch (given_up const&) {
        return std::nullopt;
    }
    auto root = built.take();
    if (root.place.line == 0)
        root.place = {file, 1, 1, ""};
    return root;
}

} // namespace runwatch
