curl http://services.gen6.chabokan.net:40345/public/tokens
