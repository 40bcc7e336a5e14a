// JavaScript Example
const token = "your_pico_token_here";
const ws = new WebSocket('ws://services.gen6.chabokan.net:3000/ws/pico');

// Add authorization header
ws.onopen = function() {
    // Send authorization in first message
    ws.send(JSON.stringify({
        type: "auth",
        token: token
    }));
};
