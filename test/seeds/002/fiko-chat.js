// کلاس کامل برای مدیریت WebSocket
class FikoChat {
  constructor(token) {
    this.token = token;
    this.ws = new FikoWebSocket(token);
    this.currentConversation = null;
    this.setupEventListeners();
  }

  init() {
    // اتصال اولیه
    this.ws.connectToConversations();
    
    // درخواست notification permission
    this.requestNotificationPermission();
  }

  setupEventListeners() {
    // Event listeners برای UI
    document.getElementById('send-button').addEventListener('click', () => {
      this.sendMessage();
    });

    document.getElementById('message-input').addEventListener('input', (e) => {
      this.handleTyping(e.target.value);
    });

    document.getElementById('message-input').addEventListener('keypress', (e) => {
      if (e.key === 'Enter' && !e.shiftKey) {
        e.preventDefault();
        this.sendMessage();
      }
    });
  }

  selectConversation(conversationId) {
    this.currentConversation = conversationId;
    this.ws.connectToChat(conversationId);
    this.updateUIForConversation(conversationId);
  }

  sendMessage() {
    const input = document.getElementById('message-input');
    const content = input.value.trim();
    
    if (content) {
      this.ws.sendMessage(content);
      input.value = '';
      this.ws.sendTyping(false);
    }
  }

  handleTyping(value) {
    if (value.trim()) {
      this.ws.sendTyping(true);
      
      // Stop typing after 1 second of inactivity
      clearTimeout(this.typingTimeout);
      this.typingTimeout = setTimeout(() => {
        this.ws.sendTyping(false);
      }, 1000);
    } else {
      this.ws.sendTyping(false);
    }
  }

  requestNotificationPermission() {
    if ('Notification' in window && Notification.permission === 'default') {
      Notification.requestPermission();
    }
  }
}

// استفاده
const token = localStorage.getItem('access_token');
const fikoChat = new FikoChat(token);
fikoChat.init();
