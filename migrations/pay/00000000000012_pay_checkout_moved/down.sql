UPDATE pay SET checkout_url = SUBSTR(checkout, 1, 500);
