/// JSON texts for the codec's tests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/json.hpp>

#include "codec/frames.hpp"

namespace codec_test {

inline std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += part;
    }
    return text;
}

inline std::string object_of_keys(std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
    }
    return text + "}";
}

/// Texts that no JSON parser may take. Views into literals, some with NUL.
inline const std::vector<std::string_view> not_json{
    std::string_view{},
    " ",
    "{",
    "}",
    "[",
    "]",
    "{]",
    "[}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "{\"a\" 1}",
    "{\"a\"::1}",
    "{}{}",
    "{} x",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[01]",
    "[+1]",
    "[.5]",
    "[1.]",
    "[1e]",
    "[1e+]",
    "[-]",
    "[0x10]",
    "[NaN]",
    "[Infinity]",
    "[-Infinity]",
    "[nul]",
    "[True]",
    "[None]",
    "[undefined]",
    "[\"]",
    "[\"\\\"]",
    "[\"\\x41\"]",
    "[\"\\u12\"]",
    "[\"\\u12g4\"]",
    "[\"\\ud800\"]",
    "[\"\\udc00\"]",
    "[\"\\ud800\\u0041\"]",
    "[\"\n\"]",
    "[\"\x01\"]",
    "[\"\x80\"]",
    "[\"\xc0\x80\"]",
    "[\"\xed\xa0\x80\"]",
    "[\"\xf4\x90\x80\x80\"]",
    "[\"\xc3\"]",
    "/* c */{}",
    "{} // c",
    "{\"a\":1}#",
    std::string_view("{}\0", 3),
    std::string_view("{}\0{}", 5),
    std::string_view("{\0}", 3),
    std::string_view("\0{}", 3),
    std::string_view("[\"\0\"]", 5),
    std::string_view("{\"a\0\":1}", 8),
};

/// The text of a message object, whose fields can be replaced, removed and added one by one.
class MessageText {
   public:
    MessageText& set(std::string_view name, std::string_view value) {
        for (auto& [known, old] : fields_) {
            if (known == name) {
                old = value;
                return *this;
            }
        }
        fields_.emplace_back(name, value);
        return *this;
    }

    MessageText& remove(std::string_view name) {
        std::erase_if(fields_, [&](const auto& field) { return field.first == name; });
        return *this;
    }

    [[nodiscard]] std::string text() const {
        std::string text = "{";
        for (const auto& [name, value] : fields_) {
            text += (text.size() == 1 ? "\"" : ",\"") + name + "\":" + value;
        }
        return text + "}";
    }

   private:
    std::vector<std::pair<std::string, std::string>> fields_{
        {"message_id", '"' + std::string(64, 'a') + '"'},
        {"message_type", "\"proof\""},
        {"payload", R"({"a":1})"},
        {"origin_node", "\"node1\""},
        {"timestamp", "1700000000.123456"},
        {"ttl", "5"},
        {"seen_by", "[\"node1\"]"},
    };
};

inline std::string golden_text(const std::string& name) {
    std::string text;
    for (const std::string& line : golden_lines(name)) {
        text += text.empty() ? line : "\n" + line;
    }
    return text;
}

}  // namespace codec_test
