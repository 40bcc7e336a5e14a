// Everything that you change is here.
#pragma once

#define WIFI_SSID "your Wi-Fi"
#define WIFI_PASSWORD "its password"

// The address of your server as the board reaches it: not localhost.
#define SERVER_HOST "192.168.1.10"
#define SERVER_PORT 8000

// 1: wss://, for a server that others reach over the internet. ROOT_CA is then the certificate of whoever signed the
// server's; without it the connection is encrypted, but the board believes whoever answers.
#define SERVER_TLS 0
#define ROOT_CA NULL

// From `peyk device add --kind esp32cam --id door` (shown once), or one of `esp32cam_tokens` of /public/tokens.
#define TOKEN "your token"

// Pictures per second until the server asks for another number: many while somebody watches, few while nobody does.
#define FIRST_FPS 5

// Signal wires of two servos. Pins 13 and 14 are free as long as no SD card is used.
#define SERVO1_PIN 13
#define SERVO2_PIN 14
