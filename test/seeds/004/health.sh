curl http://localhost:8000/api/websocket/health/
