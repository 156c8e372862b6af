window.close(); // only a window that a script opened closes; any other keeps the text that says so
