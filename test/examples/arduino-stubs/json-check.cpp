// Prints what examples/esp32cam-arduino/json.h makes of bad words, and reads of commands; a test compares it.
#include "../../../examples/esp32cam-arduino/json.h"

int main() {
  const std::string bad("say \"hi\" \\ \n\t\x01 \xd8\xb3 \xe2\x82\xac \xf0\x9f\x98\x80 \xff \xc3( \xed\xa0\x80 \xe2\x82");
  puts(JsonOut("log").text("message", bad).number("size", -12).flag("on", true).raw("inner", "{\"a\":1}").done().c_str());

  const JsonIn command(
      " { \"note\" : \"},\\\"servo1\\\":7\" , \"inner\":{\"servo1\":8,\"list\":[1,{\"b\":\"]\"}]}, \"servo1\" : 45 ,"
      "\"flash\":true,\"action\":\"capture_photo\",\"null\":null,\"big\":1e300,\"text\":\"5\" } ");
  JsonOut read;
  read.number("servo1", command.number("servo1", -1));
  read.number("inner", command.object("inner").number("servo1", -1));
  read.number("big", command.number("big", -1));
  read.number("text", command.number("text", -1));
  read.number("missing", command.number("missing", -1));
  read.flag("flash", command.flag("flash", false));
  read.flag("has", command.has("null") && !command.has("b") && !command.has("list"));
  read.text("action", command.text("action")).text("note", command.text("note")).text("number", command.text("servo1"));
  puts(read.done().c_str());

  // Whatever comes must not crash or hang.
  const char *broken[] = {"", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":}", "{\"a\":[[[", "[1]", "{,}", "{\"a\\"};
  for (const char *text : broken)
    if (JsonIn(text).text("a") != "" || JsonIn(text).number("a", 3) != 3) printf("%s is read\n", text);
  return 0;
}
