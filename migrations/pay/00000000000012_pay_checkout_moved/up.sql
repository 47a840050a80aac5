UPDATE pay SET checkout = checkout_url WHERE checkout IS NULL;
