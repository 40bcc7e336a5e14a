// As much JSON as this sketch needs, in standard C++, so that it also runs on a computer.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

// Bytes of the UTF-8 character that begins at `i`; 0: there is none, and JSON must not carry it.
inline size_t utf8Length(const std::string &text, size_t i) {
  const unsigned char first = text[i];
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (i + length > text.size()) return 0;
  const unsigned char second = text[i + 1];
  const bool tooLong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool noCharacter = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  if (tooLong || noCharacter) return 0;
  for (size_t k = 1; k < length; k++)
    if ((text[i + k] & 0xC0) != 0x80) return 0;
  return length;
}

// Any bytes as a JSON string: quotes and control characters escaped, what is not UTF-8 replaced. One quote that is not
// escaped, in the name of a network for instance, would spoil the whole message.
inline std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const unsigned char c = text[i];
    const size_t length = utf8Length(text, i);
    char code[8];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i];
    } else if (c < 0x20) {
      snprintf(code, sizeof code, "\\u%04x", c);
      out += code;
    } else if (length == 0) {
      out += '?';
    } else {
      out.append(text, i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return out + "\"";
}

// An object to send: JsonOut("log").text("message", …).number("size", …).done()
class JsonOut {
 public:
  JsonOut() {}
  explicit JsonOut(const char *type) { text("type", type); }

  JsonOut &text(const char *name, const std::string &value) { return raw(name, quoted(value)); }
  JsonOut &number(const char *name, long value) { return raw(name, std::to_string(value)); }
  JsonOut &flag(const char *name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonOut &raw(const char *name, const std::string &json) {
    body += (body.empty() ? "" : ",") + quoted(name) + ":" + json;
    return *this;
  }
  std::string done() const { return "{" + body + "}"; }

 private:
  std::string body;
};

// An object that came. Values stay as they are written; what is malformed is as if it were not there.
class JsonIn {
 public:
  JsonIn() {}
  explicit JsonIn(const std::string &json) : json(json) {}

  bool has(const char *name) const { return !find(name).empty(); }
  JsonIn object(const char *name) const { return JsonIn(find(name)); }
  bool flag(const char *name, bool otherwise) const {
    const std::string value = find(name);
    return value == "true" ? true : value == "false" ? false : otherwise;
  }
  long number(const char *name, long otherwise) const {
    const std::string value = find(name);
    char *end = NULL;
    const double read = strtod(value.c_str(), &end);
    return end == value.c_str() || read < -1e9 || read > 1e9 ? otherwise : (long)read;
  }
  // "" for what is no text. Escapes are undone but for \u, which stays as it is: no command needs it.
  std::string text(const char *name) const {
    const std::string value = find(name);
    std::string out;
    if (value.size() < 2 || value[0] != '"') return out;
    for (size_t i = 1; i + 1 < value.size(); i++) {
      if (value[i] == '\\' && value[i + 1] != 'u') i++;
      out += value[i];
    }
    return out;
  }

 private:
  std::string json;

  size_t blanks(size_t i) const {
    while (i < json.size() && (json[i] == ' ' || json[i] == '\n' || json[i] == '\r' || json[i] == '\t')) i++;
    return i;
  }
  // The place after the string that begins at `i`.
  size_t afterString(size_t i) const {
    for (i++; i < json.size() && json[i] != '"'; i++)
      if (json[i] == '\\') i++;
    return i + 1;
  }
  // The place after the value that begins at `i`, whatever is nested in it.
  size_t afterValue(size_t i) const {
    int depth = 0;
    while (i < json.size()) {
      const char c = json[i];
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) return i;
      if (c == '"') {
        i = afterString(i);
        continue;
      }
      if (c == '{' || c == '[') depth++;
      if (c == '}' || c == ']') depth--;
      i++;
    }
    return json.size();
  }
  // A member of this object itself, as it is written. "": there is none.
  std::string find(const char *name) const {
    size_t i = blanks(0);
    if (i >= json.size() || json[i] != '{') return "";
    const std::string wanted = quoted(name);
    for (i = blanks(i + 1); i < json.size() && json[i] == '"'; i = blanks(i + 1)) {
      const size_t keyEnd = afterString(i);
      if (keyEnd > json.size()) return "";
      const std::string key = json.substr(i, keyEnd - i);
      i = blanks(keyEnd);
      if (i >= json.size() || json[i] != ':') return "";
      const size_t start = blanks(i + 1);
      size_t end = i = afterValue(start);
      while (end > start && blanks(end - 1) >= i) end--;
      if (key == wanted) return json.substr(start, end - start);
      if (i >= json.size() || json[i] != ',') return "";
    }
    return "";
  }
};
