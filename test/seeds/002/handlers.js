// مدیریت پیامهای لیست گفتگوها
handleConversationsMessage(data) {
  switch (data.type) {
    case 'conversations_list':
      this.updateConversationsList(data.conversations);
      break;
      
    case 'new_customer_message':
      this.showNotification('پیام جدید دریافت شد!');
      this.updateConversationInList(data.conversation_id);
      this.playNotificationSound();
      break;
      
    case 'conversation_updated':
      this.refreshConversation(data.conversation_id);
      break;
      
    case 'error':
      this.showError(data.error);
      break;
  }
}

// مدیریت پیامهای چت
handleChatMessage(data) {
  switch (data.type) {
    case 'recent_messages':
      this.loadRecentMessages(data.messages);
      break;
      
    case 'chat_message':
      this.addMessageToChat(data.message);
      this.scrollToBottom();
      break;
      
    case 'typing_indicator':
      this.showTypingIndicator(data.username, data.is_typing);
      break;
      
    case 'user_presence':
      this.updateUserPresence(data.user_id, data.is_online);
      break;
      
    case 'messages_read':
      this.markMessagesAsRead(data.user_id);
      break;
      
    case 'error':
      this.showError(data.error);
      break;
  }
}
