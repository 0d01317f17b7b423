"""What every wing may use: text, files written atomically, CSV, web pages and the style that pages share."""
