import websockets
import json

async def connect_pico():
    token = "your_token_from_step_1"
    headers = {"Authorization": f"Bearer {token}"}
    
    async with websockets.connect(
        'ws://services.gen6.chabokan.net:40345/ws/pico',
        extra_headers=headers
    ) as websocket:
        # اتصال موفق!
        await websocket.send(json.dumps({
            "type": "connect",
            "device": "pico_device",
            "version": "1.0.0"
        }))
