//! Words of the page to sign in.

/// Words of the page to sign in.
#[derive(Debug)]
pub struct SignIn {
    /// Title of the page.
    pub title: &'static str,
    /// Text under the title.
    pub intro: &'static str,
    /// Label of the user name.
    pub name: &'static str,
    /// Label of the password.
    pub password: &'static str,
    /// Text of the button.
    pub submit: &'static str,
    /// Shown if name or password is wrong.
    pub wrong: &'static str,
    /// Shown if too many attempts have failed.
    pub locked: &'static str,
    /// Shown if a customer signs in.
    pub not_admin: &'static str,
    /// Label of the one-time code.
    pub code: &'static str,
    /// Text under that field.
    pub code_hint: &'static str,
    /// Shown if the code is missing.
    pub code_missing: &'static str,
    /// Shown if the code is wrong.
    pub code_wrong: &'static str,
}

/// The words in English.
pub const ENGLISH: SignIn = SignIn {
    title: "Sign in",
    intro: "The console is for the administrators of this shop.",
    name: "User name",
    password: "Password",
    submit: "Sign in",
    wrong: "The user name or the password is wrong.",
    locked: "Too many sign-ins with this name have failed. Wait a moment before the next one.",
    not_admin: "This account may not use the console.",
    code: "One-time code",
    code_hint: "Only if you have added a second factor: the 6 digits of your app, or a recovery code.",
    code_missing: "This account has a second factor: enter the password again, and the code of your app.",
    code_wrong: "The one-time code is wrong, or was used before. Enter the password again, and a new code.",
};

/// The words in Chinese.
pub const CHINESE: SignIn = SignIn {
    title: "登录",
    intro: "控制台仅供本店管理员使用。",
    name: "用户名",
    password: "密码",
    submit: "登录",
    wrong: "用户名或密码错误。",
    locked: "此用户名登录失败次数过多，请稍后再试。",
    not_admin: "此账户无权使用控制台。",
    code: "一次性验证码",
    code_hint: "仅在已设置两步验证时填写：验证器应用中的 6 位数字，或一个恢复码。",
    code_missing: "此账户已设置两步验证：请重新输入密码，并填写应用中的验证码。",
    code_wrong: "验证码不正确或已使用过。请重新输入密码和新的验证码。",
};
