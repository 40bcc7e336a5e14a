// What the sketch uses of the library "WebSockets" (2.7) by Markus Sattler.
#pragma once

#include "Arduino.h"

typedef enum {
  WStype_ERROR,
  WStype_DISCONNECTED,
  WStype_CONNECTED,
  WStype_TEXT,
  WStype_BIN,
} WStype_t;

class WebSocketsClient {
 public:
  typedef std::function<void(WStype_t type, uint8_t *payload, size_t length)> WebSocketClientEvent;

  void begin(const char *host, uint16_t port, const char *url = "/", const char *protocol = "arduino");
  void begin(String host, uint16_t port, String url = "/", String protocol = "arduino");
  void beginSslWithCA(const char *host, uint16_t port, const char *url = "/", const char *CA_cert = NULL,
                      const char *protocol = "arduino");
  void loop();
  void onEvent(WebSocketClientEvent cbEvent);

  bool sendTXT(uint8_t *payload, size_t length = 0, bool headerToPayload = false);
  bool sendTXT(const uint8_t *payload, size_t length = 0);
  bool sendTXT(char *payload, size_t length = 0, bool headerToPayload = false);
  bool sendTXT(const char *payload, size_t length = 0);
  bool sendTXT(String &payload);
  bool sendTXT(char payload);
  bool sendBIN(uint8_t *payload, size_t length, bool headerToPayload = false);
  bool sendBIN(const uint8_t *payload, size_t length);

  void disconnect();
  void setExtraHeaders(const char *extraHeaders = NULL);
  void setReconnectInterval(unsigned long time);
  void enableHeartbeat(uint32_t pingInterval, uint32_t pongTimeout, uint8_t disconnectTimeoutCount);
};
