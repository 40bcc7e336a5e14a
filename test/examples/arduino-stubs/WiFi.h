// What the sketch uses of the WiFi library of the Arduino core for ESP32.
#pragma once

#include "Arduino.h"

class IPAddress {
 public:
  String toString() const;
};

typedef enum { WL_IDLE_STATUS = 0, WL_CONNECTED = 3 } wl_status_t;
typedef enum { WIFI_MODE_NULL = 0, WIFI_MODE_STA } wifi_mode_t;
#define WIFI_STA WIFI_MODE_STA

class WiFiClass {
 public:
  static bool mode(wifi_mode_t mode);
  bool setSleep(bool enabled);
  bool setAutoReconnect(bool autoReconnect);
  wl_status_t begin(const char *ssid, const char *passphrase = NULL, int32_t channel = 0,
                    const uint8_t *bssid = NULL, bool connect = true);
  static wl_status_t status();
  IPAddress localIP();
  String macAddress();
  String SSID() const;
};
extern WiFiClass WiFi;
