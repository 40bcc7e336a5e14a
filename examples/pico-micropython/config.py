# Everything that you change is here.

WIFI_SSID = "your Wi-Fi"
WIFI_PASSWORD = "its password"

# The address of your server as the board reaches it: not localhost. `peyk serve` prints it under "for a device".
SERVER = "ws://192.168.1.10:8000/ws/pico"

# For a server on the internet say wss://, or anybody on the way can read the token. CA_FILE is then a file on the
# board with the certificate that the server's is signed with, in DER: openssl x509 -in ca.pem -outform der -out ca.der
# Without it the connection is encrypted, but the board believes whoever answers.
CA_FILE = ""

# From `peyk device add --kind pico --id garden` (shown once), or one of `pico_tokens` of /public/tokens.
TOKEN = "your token"

# What the server calls this board if it has no token of its own. Two boards must not have the same name.
DEVICE = "garden"

# GPIO numbers (not the numbers of the board's legs) of the two servos' signal wires.
SERVO1_PIN = 15
SERVO2_PIN = 14

# Where your servos may go. Many hit their stops before 0 and 180: then say 20 and 160.
SERVO_MIN = 0
SERVO_MAX = 180
