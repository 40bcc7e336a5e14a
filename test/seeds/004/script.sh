python test_websocket.py
python test_websocket.py http://localhost:8000 YOUR_JWT_TOKEN
