curl http://services.gen6.chabokan.net:3000/public/tokens
