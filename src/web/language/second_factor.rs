//! The page of an administrator's second factor.

/// Words of the page of the second factor.
#[derive(Debug)]
pub struct SecondFactor {
    /// Title of the page, and entry of the menu.
    pub title: &'static str,
    /// The meaning of a second factor.
    pub intro: &'static str,
    /// Shown if the settings require one.
    pub required: &'static str,
    /// Label of the password.
    pub password: &'static str,
    /// Label of the code.
    pub code: &'static str,
    /// Button that makes a secret.
    pub begin: &'static str,
    /// Instruction above the QR code.
    pub scan: &'static str,
    /// Description of the QR code for readers of the screen.
    pub picture: &'static str,
    /// Text above the secret.
    pub by_hand: &'static str,
    /// Text above the field of the first code.
    pub then: &'static str,
    /// Button that confirms.
    pub confirm: &'static str,
    /// Shown after a wrong code.
    pub wrong: &'static str,
    /// Shown after a wrong password.
    pub wrong_password: &'static str,
    /// Shown after the confirmation.
    pub added: &'static str,
    /// Heading of the recovery codes.
    pub recovery: &'static str,
    /// The use of the recovery codes.
    pub keep: &'static str,
    /// Link to the first page.
    pub go_on: &'static str,
    /// Name of a fact: since when.
    pub since: &'static str,
    /// Name of a fact: the number of recovery codes that are left.
    pub left: &'static str,
    /// Heading and button of the removal.
    pub remove: &'static str,
    /// Effect of the removal.
    pub remove_effect: &'static str,
}

/// The words in English.
pub const ENGLISH: SecondFactor = SecondFactor {
    title: "Second factor",
    intro: "With a second factor, you sign in with the password and a code of an authenticator app on your telephone.",
    required: "This shop requires it of administrators: add it to use the console.",
    password: "Password",
    code: "Code of the app",
    begin: "Add a second factor",
    scan: "Scan this code with an authenticator app. It is shown only now.",
    picture: "QR code with the secret",
    by_hand: "Or type the secret into the app:",
    then: "Then enter the code that the app shows. Only that puts the second factor into effect.",
    confirm: "Confirm",
    wrong: "The code is wrong. Enter the one that the app shows now, or begin again.",
    wrong_password: "The password is wrong.",
    added: "The second factor is in effect. All other sessions of yours have ended.",
    recovery: "Recovery codes",
    keep: "Keep them in a safe place: each signs in once if the telephone is lost. They are shown only now.",
    go_on: "To the console",
    since: "In effect since",
    left: "Recovery codes left",
    remove: "Remove the second factor",
    remove_effect: "You sign in with the password alone then. For another telephone, remove it and add it again.",
};

/// The words in Chinese.
pub const CHINESE: SecondFactor = SecondFactor {
    title: "两步验证",
    intro: "启用两步验证后，登录时需要密码和手机验证器应用中的验证码。",
    required: "本店要求管理员启用两步验证：设置后方可使用控制台。",
    password: "密码",
    code: "应用中的验证码",
    begin: "设置两步验证",
    scan: "请用验证器应用扫描此二维码。它仅显示这一次。",
    picture: "包含密钥的二维码",
    by_hand: "或在应用中手动输入密钥：",
    then: "然后输入应用显示的验证码，确认后两步验证才会生效。",
    confirm: "确认",
    wrong: "验证码不正确。请输入应用当前显示的验证码，或重新开始。",
    wrong_password: "密码错误。",
    added: "两步验证已生效，您的其他会话均已结束。",
    recovery: "恢复码",
    keep: "请妥善保存：手机丢失时，每个恢复码可用于登录一次。恢复码仅显示这一次。",
    go_on: "进入控制台",
    since: "生效时间",
    left: "剩余恢复码",
    remove: "移除两步验证",
    remove_effect: "移除后仅凭密码即可登录。如需更换手机，请先移除再重新设置。",
};
