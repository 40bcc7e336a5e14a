import asyncio
import websockets
import json
import requests

class PicoWebSocketClient:
    def __init__(self, server_url, token):
        self.server_url = server_url
        self.token = token
        self.websocket = None
        
    async def connect(self):
        headers = {"Authorization": f"Bearer {self.token}"}
        
        try:
            self.websocket = await websockets.connect(
                f"{self.server_url}/ws/pico",
                extra_headers=headers
            )
            
            # Send connection message
            await self.send_message({
                "type": "connect",
                "device": "pico_external",
                "version": "1.0.0"
            })
            
            print("✅ Connected to server")
            return True
            
        except Exception as e:
            print(f"❌ Connection failed: {e}")
            return False
    
    async def send_message(self, message):
        if self.websocket:
            await self.websocket.send(json.dumps(message))
    
    async def listen(self):
        if not self.websocket:
            return
            
        try:
            async for message in self.websocket:
                data = json.loads(message)
                print(f"📥 Received: {data}")
                
                # Handle ping from server
                if data.get("type") == "ping":
                    await self.send_message({"type": "pong"})
                    
        except Exception as e:
            print(f"❌ Listen error: {e}")
    
    async def run(self):
        if await self.connect():
            await self.listen()

# Usage
async def main():
    # Get token from server
    response = requests.get("http://services.gen6.chabokan.net:3000/public/tokens")
    tokens = response.json()
    pico_token = tokens["pico_tokens"][0]
    
    # Create and run client
    client = PicoWebSocketClient("ws://services.gen6.chabokan.net:3000", pico_token)
    await client.run()

if __name__ == "__main__":
    asyncio.run(main())
