# Python Example
import websockets
import json

async def connect_pico():
    token = "your_pico_token_here"
    headers = {
        "Authorization": f"Bearer {token}"
    }
    
    async with websockets.connect(
        'ws://services.gen6.chabokan.net:3000/ws/pico',
        extra_headers=headers
    ) as websocket:
        # Send connection message
        await websocket.send(json.dumps({
            "type": "connect",
            "device": "pico_device",
            "version": "1.0.0"
        }))
        
        # Listen for messages
        async for message in websocket:
            data = json.loads(message)
            print(f"Received: {data}")
