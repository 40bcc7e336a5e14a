// نمایش لیست گفتگوها
updateConversationsList(conversations) {
  const container = document.getElementById('conversations-list');
  container.innerHTML = '';
  
  conversations.forEach(conversation => {
    const element = this.createConversationElement(conversation);
    container.appendChild(element);
  });
}

// اضافه کردن پیام به چت
addMessageToChat(message) {
  const chatContainer = document.getElementById('chat-messages');
  const messageElement = this.createMessageElement(message);
  chatContainer.appendChild(messageElement);
  
  // Auto scroll to bottom
  chatContainer.scrollTop = chatContainer.scrollHeight;
}

// نمایش typing indicator
showTypingIndicator(username, isTyping) {
  const indicator = document.getElementById('typing-indicator');
  
  if (isTyping) {
    indicator.textContent = `${username} در حال تایپ...`;
    indicator.style.display = 'block';
  } else {
    indicator.style.display = 'none';
  }
}

// نمایش نوتیفیکیشن
showNotification(message) {
  // استفاده از browser notification API
  if (Notification.permission === 'granted') {
    new Notification('Fiko', {
      body: message,
      icon: '/path/to/icon.png'
    });
  }
  
  // یا نمایش toast notification
  this.showToast(message);
}
