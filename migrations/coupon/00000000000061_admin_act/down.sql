DROP TABLE admin_act;
