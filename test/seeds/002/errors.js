// خطاهای connection
websocket.onerror = (error) => {
  console.error('WebSocket error:', error);
  this.showConnectionError();
};

websocket.onclose = (event) => {
  if (event.code === 1008) {
    // Authentication failed
    this.redirectToLogin();
  } else {
    // Connection lost - attempt reconnect
    this.attemptReconnect();
  }
};

// خطاهای message
handleError(errorData) {
  switch (errorData.error) {
    case 'Message content cannot be empty':
      this.showError('پیام نمیتواند خالی باشد');
      break;
    case 'Authentication required':
      this.redirectToLogin();
      break;
    default:
      this.showError('خطای غیرمنتظره رخ داد');
  }
}
