class FikoWebSocket {
  constructor(token) {
    this.token = token;
    this.conversationsSocket = null;
    this.chatSocket = null;
    this.currentConversationId = null;
  }

  // اتصال به لیست گفتگوها
  connectToConversations() {
    const wsUrl = `wss://api.fiko.net/ws/conversations/?token=${this.token}`;
    
    this.conversationsSocket = new WebSocket(wsUrl);
    
    this.conversationsSocket.onopen = () => {
      console.log('✅ Connected to conversations');
      this.requestConversations();
    };
    
    this.conversationsSocket.onmessage = (event) => {
      this.handleConversationsMessage(JSON.parse(event.data));
    };
    
    this.conversationsSocket.onclose = () => {
      console.log('❌ Conversations connection closed');
      // Auto reconnect logic
      setTimeout(() => this.connectToConversations(), 3000);
    };
    
    this.conversationsSocket.onerror = (error) => {
      console.error('❌ Conversations WebSocket error:', error);
    };
  }

  // اتصال به چت خاص
  connectToChat(conversationId) {
    if (this.chatSocket) {
      this.chatSocket.close();
    }
    
    this.currentConversationId = conversationId;
    const wsUrl = `wss://api.fiko.net/ws/chat/${conversationId}/?token=${this.token}`;
    
    this.chatSocket = new WebSocket(wsUrl);
    
    this.chatSocket.onopen = () => {
      console.log(`✅ Connected to chat ${conversationId}`);
    };
    
    this.chatSocket.onmessage = (event) => {
      this.handleChatMessage(JSON.parse(event.data));
    };
    
    this.chatSocket.onclose = () => {
      console.log('❌ Chat connection closed');
    };
  }

  // درخواست لیست گفتگوها
  requestConversations() {
    if (this.conversationsSocket?.readyState === WebSocket.OPEN) {
      this.conversationsSocket.send(JSON.stringify({
        type: 'get_conversations'
      }));
    }
  }

  // ارسال پیام
  sendMessage(content) {
    if (this.chatSocket?.readyState === WebSocket.OPEN) {
      this.chatSocket.send(JSON.stringify({
        type: 'chat_message',
        content: content
      }));
    }
  }

  // ارسال typing indicator
  sendTyping(isTyping) {
    if (this.chatSocket?.readyState === WebSocket.OPEN) {
      this.chatSocket.send(JSON.stringify({
        type: 'typing',
        is_typing: isTyping
      }));
    }
  }

  // علامتگذاری به عنوان خوانده شده
  markAsRead() {
    if (this.chatSocket?.readyState === WebSocket.OPEN) {
      this.chatSocket.send(JSON.stringify({
        type: 'mark_read'
      }));
    }
  }
}
