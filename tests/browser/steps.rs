//! Steps that several tests take.

use crate::chromium::Page;
use crate::support::{ADMIN_PASSWORD, DEMO_PASSWORD};

/// Signs the demo customer in.
pub async fn sign_in(page: &mut Page) {
    page.goto("/sign-in").await;
    page.fill("User name", "zs").await;
    page.fill("Password", DEMO_PASSWORD).await;
    page.click_in("main", "Sign in").await;
    page.is_at("/").await;
    page.sees("Sign out").await;
}

/// Opens a page of the console and signs the administrator in on the way.
pub async fn operate(page: &mut Page, path: &str) {
    page.goto(path).await;
    page.is_at("/console/sign-in").await;
    enter_administrator(page).await;
    page.is_at(path).await;
}

/// Fills and sends the form of the administrator.
pub async fn enter_administrator(page: &mut Page) {
    page.fill("User name", "admin").await;
    page.fill("Password", ADMIN_PASSWORD).await;
    page.click("Sign in").await;
}

/// Puts one unit of these goods into the basket, goes to the checkout and enters the address.
pub async fn to_checkout(page: &mut Page, goods: &str) {
    page.goto("/").await;
    page.click(&format!("Add to basket: {goods}")).await;
    page.is_at("/basket").await;
    page.click("Check out").await;
    page.is_at("/checkout").await;
    enter_address(page).await;
}

/// Enters recipient and address.
pub async fn enter_address(page: &mut Page) {
    page.fill("Recipient", "Li Wei").await;
    page.fill("Address", "1 Main Street").await;
}

/// Pays an order at the sandbox, from the page of its payment on, and comes back to the order.
pub async fn pay(page: &mut Page, app: &crate::support::TestApp) {
    page.click("Go to the payment").await;
    page.is_at("/sandbox/checkout/").await;
    page.click("Pay").await;
    page.sees("Payment complete").await;
    app.settle().await;
    page.click("Back to the shop").await;
    page.is_at("/orders/").await;
    page.sees("Your order is paid").await;
}
