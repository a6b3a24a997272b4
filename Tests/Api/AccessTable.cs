namespace SoonShop.Tests.Api;

/// <summary>Who is expected to be let in by a route.</summary>
internal enum Who
{
    /// <summary>Whoever asks, also with credentials that are no good.</summary>
    Anyone,

    /// <summary>Somebody signed in.</summary>
    Customer,

    /// <summary>Somebody signed in or who holds a cart.</summary>
    CustomerOrGuest,

    /// <summary>As before, and whoever claims to be neither.</summary>
    CustomerGuestOrNobody,

    /// <summary>Administrators, and API keys that have the scope.</summary>
    Admin,
}

/// <summary>What is expected of one route.</summary>
/// <param name="Route">Method and path; those outside <c>/api/v1</c> with two slashes.</param>
/// <param name="Who">Who is let in.</param>
/// <param name="Scope">The scope with which an API key is let in; without one, none is.</param>
/// <param name="Owned">True where the path names something of the customer's that exists: to others it is not found.</param>
/// <param name="AdminSees">True where an administrator is shown what is the customer's.</param>
internal sealed record Expectation(string Route, Who Who, string? Scope = null, bool Owned = false, bool AdminSees = false);

/// <summary>
/// Who may call what: one line a route. <see cref="AccessTests"/> walks the OpenAPI document and fails for a route that has none.
/// </summary>
internal static class AccessTable
{
    public static readonly Expectation[] Routes =
    [
        // Service
        new("GET //health/live", Who.Anyone),
        new("GET //health/ready", Who.Anyone),
        new("GET //.well-known/jwks.json", Who.Anyone),
        new("GET //media/{id}/{file}", Who.Anyone),

        // Accounts
        new("POST /auth/register", Who.Anyone),
        new("POST /auth/login", Who.Anyone),
        new("POST /auth/refresh", Who.Anyone),
        new("POST /auth/logout", Who.Anyone),
        new("POST /auth/password/forgot", Who.Anyone),
        new("POST /auth/password/reset", Who.Anyone),
        new("POST /auth/email/verify", Who.Anyone),
        new("POST /auth/email/verification", Who.Customer),
        new("POST /auth/email/change/confirm", Who.Anyone),
        new("POST /auth/email/change/undo", Who.Anyone),
        new("GET /me", Who.Customer),
        new("PATCH /me", Who.Customer),
        new("POST /me/password", Who.Customer),
        new("POST /me/email", Who.Customer),
        new("GET /me/addresses", Who.Customer),
        new("POST /me/addresses", Who.Customer),
        new("PUT /me/addresses/{id}", Who.Customer, Owned: true),
        new("DELETE /me/addresses/{id}", Who.Customer, Owned: true),
        new("GET /me/sessions", Who.Customer),
        new("DELETE /me/sessions", Who.Customer),
        new("GET /me/export", Who.Customer),
        new("DELETE /me", Who.Customer),
        new("GET /erasures/{id}", Who.Anyone),
        new("DELETE /me/sessions/{id}", Who.Customer, Owned: true),
        new("GET /me/payment-methods", Who.Customer),
        new("DELETE /me/payment-methods/{id}", Who.Customer),

        // Catalogue and stock
        new("GET /products", Who.Anyone),
        new("GET /products/{sku}", Who.Anyone),
        new("GET /search/suggestions", Who.Anyone),
        new("GET /products/{sku}/related", Who.Anyone),
        new("GET /admin/search/synonyms", Who.Admin, "catalog:read"),
        new("POST /admin/search/synonyms", Who.Admin, "catalog:write"),
        new("GET /admin/search/synonyms/{id}", Who.Admin, "catalog:read"),
        new("PUT /admin/search/synonyms/{id}", Who.Admin, "catalog:write"),
        new("DELETE /admin/search/synonyms/{id}", Who.Admin, "catalog:write"),
        new("GET /admin/search/misses", Who.Admin, "catalog:read"),
        new("POST /products", Who.Admin, "catalog:write"),
        new("PUT /products/{sku}", Who.Admin, "catalog:write"),
        new("GET /products/{sku}/prices", Who.Admin, "pricing:read"),
        new("PUT /products/{sku}/prices", Who.Admin, "pricing:write"),
        new("PATCH /products/{sku}", Who.Admin, "catalog:write"),
        new("DELETE /products/{sku}", Who.Admin, "catalog:write"),
        new("GET /product-groups/{id}", Who.Anyone),
        new("GET /admin/product-groups", Who.Admin, "catalog:read"),
        new("GET /admin/product-groups/{id}", Who.Admin, "catalog:read"),
        new("POST /admin/product-groups", Who.Admin, "catalog:write"),
        new("PUT /admin/product-groups/{id}", Who.Admin, "catalog:write"),
        new("DELETE /admin/product-groups/{id}", Who.Admin, "catalog:write"),
        new("GET /inventory/{sku}", Who.Admin, "inventory:read"),
        new("PUT /inventory/{sku}", Who.Admin, "inventory:write"),
        new("POST /inventory/{sku}/adjustments", Who.Admin, "inventory:write"),
        new("GET /inventory/{sku}/ledger", Who.Admin, "inventory:read"),
        .. RulesOf("/admin/locations", "inventory"),
        new("GET /admin/stock-transfers", Who.Admin, "inventory:read"),
        new("POST /admin/stock-transfers", Who.Admin, "inventory:write"),
        new("GET /admin/stock-transfers/{id}", Who.Admin, "inventory:read"),
        new("POST /admin/stock-transfers/{id}/receive", Who.Admin, "inventory:write"),
        new("POST /admin/stock-transfers/{id}/cancel", Who.Admin, "inventory:write"),
        new("POST /admin/stock-takes", Who.Admin, "inventory:write"),

        // Cart
        new("POST /carts", Who.CustomerGuestOrNobody),
        new("GET /cart", Who.CustomerOrGuest),
        new("DELETE /cart", Who.CustomerOrGuest),
        new("PUT /cart/items/{sku}", Who.CustomerOrGuest),
        new("DELETE /cart/items/{sku}", Who.CustomerOrGuest),
        new("POST /cart/merge", Who.Customer),
        new("PUT /cart/destination", Who.CustomerOrGuest),
        new("DELETE /cart/destination", Who.CustomerOrGuest),
        new("PUT /cart/shipping-method", Who.CustomerOrGuest),
        new("DELETE /cart/shipping-method", Who.CustomerOrGuest),
        new("PUT /cart/codes/{code}", Who.CustomerOrGuest),
        new("DELETE /cart/codes/{code}", Who.CustomerOrGuest),
        new("PUT /cart/currency", Who.CustomerOrGuest),
        new("POST /cart/quote", Who.CustomerOrGuest),
        new("POST /cart/shipping-options", Who.CustomerOrGuest),

        // Orders and payments
        new("POST /orders", Who.CustomerOrGuest),
        new("GET /orders", Who.CustomerOrGuest),
        new("POST /orders/lookup", Who.Anyone),
        new("GET /orders/{id}", Who.CustomerOrGuest, "orders:read", Owned: true, AdminSees: true),
        new("GET /orders/{id}/events", Who.CustomerOrGuest, Owned: true, AdminSees: true),
        new("POST /orders/{id}/payments", Who.CustomerOrGuest, Owned: true, AdminSees: true),
        new("POST /orders/{id}/cancel", Who.CustomerOrGuest, Owned: true, AdminSees: true),
        new("POST /orders/{id}/returns", Who.CustomerOrGuest, "orders:write", Owned: true, AdminSees: true),
        new("POST /orders/{id}/returns/{returnId}/cancel", Who.CustomerOrGuest, "orders:write"),
        new("GET /payments/{id}", Who.CustomerOrGuest, "payments:read", Owned: true, AdminSees: true),
        new("POST /simulated-payments/{paymentId}/authenticate", Who.CustomerOrGuest, Owned: true, AdminSees: true),
        new("POST /webhooks/stripe", Who.Anyone),

        // Notifications
        new("GET /notifications", Who.Customer),
        new("POST /notifications/{id}/read", Who.Customer, Owned: true),
        new("POST /notifications/read-all", Who.Customer),
        new("GET /me/notification-preferences", Who.Customer),
        new("PUT /me/notification-preferences", Who.Customer),

        // Administration
        new("GET /admin/orders", Who.Admin, "orders:read"),
        new("PATCH /admin/orders/{id}", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/ship", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/deliver", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/capture", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/refunds", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/move-units", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/shipments", Who.Admin, "orders:write"),
        new("PATCH /admin/orders/{id}/shipments/{shipmentId}", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/shipments/{shipmentId}/deliver", Who.Admin, "orders:write"),
        new("GET /admin/orders/{id}/shipments/{shipmentId}/packing-slip", Who.Admin, "orders:read"),
        new("POST /admin/orders/{id}/returns/{returnId}/approve", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/returns/{returnId}/refuse", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/returns/{returnId}/receive", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/returns/{returnId}/refund", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/edits", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/edits/quote", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/returns/{returnId}/exchange", Who.Admin, "orders:write"),
        new("POST /admin/orders/{id}/returns/{returnId}/exchange/quote", Who.Admin, "orders:write"),
        new("GET /admin/draft-orders", Who.Admin, "orders:read"),
        new("POST /admin/draft-orders", Who.Admin, "orders:write"),
        new("GET /admin/draft-orders/{id}", Who.Admin, "orders:read"),
        new("PUT /admin/draft-orders/{id}", Who.Admin, "orders:write"),
        new("DELETE /admin/draft-orders/{id}", Who.Admin, "orders:write"),
        new("POST /admin/draft-orders/{id}/send", Who.Admin, "orders:write"),
        new("GET /admin/payments/discrepancies", Who.Admin, "payments:read"),
        new("GET /admin/payments/reconciliation", Who.Admin, "payments:read"),
        new("POST /admin/payments/reconcile", Who.Admin, "payments:write"),
        new("GET /admin/users/{id}/roles", Who.Admin),
        new("PUT /admin/users/{id}/roles", Who.Admin),
        new("GET /admin/users/{id}/pricing", Who.Admin, "pricing:read"),
        new("PUT /admin/users/{id}/pricing", Who.Admin, "pricing:write"),
        .. RulesOf("/admin/promotions"),
        new("GET /admin/promotions/{id}/uses", Who.Admin, "pricing:read"),
        new("GET /admin/promotions/{id}/codes", Who.Admin, "pricing:read"),
        new("POST /admin/promotions/{id}/codes", Who.Admin, "pricing:write"),
        .. RulesOf("/admin/tax/zones"),
        .. RulesOf("/admin/tax/rates"),
        .. RulesOf("/admin/shipping/zones"),
        .. RulesOf("/admin/shipping/methods"),
        .. RulesOf("/admin/price-lists"),
        .. RulesOf("/admin/customer-groups"),
        new("GET /admin/customer-groups/{id}/customers", Who.Admin),
        new("POST /admin/pricing/preview", Who.Admin, "pricing:write"),
        new("GET /admin/tax/settings", Who.Admin, "pricing:read"),
        new("PUT /admin/tax/settings", Who.Admin, "pricing:write"),
        new("GET /admin/tax/settings/history", Who.Admin, "pricing:read"),
        new("GET /admin/webhooks", Who.Admin, "webhooks:read"),
        new("POST /admin/webhooks", Who.Admin, "webhooks:write"),
        new("GET /admin/webhooks/{id}", Who.Admin, "webhooks:read"),
        new("DELETE /admin/webhooks/{id}", Who.Admin, "webhooks:write"),
        new("POST /admin/webhooks/{id}/enable", Who.Admin, "webhooks:write"),
        new("POST /admin/webhooks/{id}/test", Who.Admin, "webhooks:write"),
        new("POST /admin/webhooks/{id}/resend", Who.Admin, "webhooks:write"),
        new("GET /admin/webhooks/{id}/deliveries", Who.Admin, "webhooks:read"),
        new("GET /admin/events/stats", Who.Admin, "events:read"),
        new("GET /admin/event-errors", Who.Admin, "events:read"),
        new("POST /admin/event-errors/{id}/resolve", Who.Admin, "events:write"),
        new("GET /admin/dead-letters", Who.Admin, "events:read"),
        new("GET /admin/dead-letters/{id}", Who.Admin, "events:read"),
        new("POST /admin/dead-letters/{id}/replay", Who.Admin, "events:write"),
        new("POST /admin/dead-letters/replay", Who.Admin, "events:write"),
        new("DELETE /admin/dead-letters/{id}", Who.Admin, "events:write"),
        new("GET /admin/audit-log", Who.Admin, "audit:read"),
        new("GET /admin/log-levels", Who.Admin),
        new("PUT /admin/log-levels", Who.Admin),
        new("GET /admin/media", Who.Admin, "catalog:read"),
        new("POST /admin/media", Who.Admin, "catalog:write"),
        new("GET /admin/media/{id}", Who.Admin, "catalog:read"),
        new("DELETE /admin/media/{id}", Who.Admin, "catalog:write"),
        new("GET /admin/import-jobs", Who.Admin, "imports:read"),
        new("POST /admin/import-jobs", Who.Admin, "imports:write"),
        new("GET /admin/import-jobs/{id}", Who.Admin, "imports:read"),
        new("POST /admin/import-jobs/{id}/apply", Who.Admin, "imports:write"),
        new("POST /admin/import-jobs/{id}/cancel", Who.Admin, "imports:write"),
        new("GET /admin/import-jobs/{id}/results.csv", Who.Admin, "imports:read"),
        new("GET /admin/exports/products", Who.Admin, "catalog:read"),
        new("GET /admin/exports/stock", Who.Admin, "inventory:read"),
        new("GET /admin/exports/prices", Who.Admin, "pricing:read"),
        new("GET /admin/exports/orders", Who.Admin, "orders:read"),
        new("GET /admin/exports/customers", Who.Admin),
        new("GET /admin/exports/codes", Who.Admin, "pricing:read"),
        new("GET /admin/api-keys", Who.Admin),
        new("POST /admin/api-keys", Who.Admin),
        new("GET /admin/api-keys/{id}", Who.Admin),
        new("DELETE /admin/api-keys/{id}", Who.Admin),
    ];

    /// <summary>The routes of one kind of pricing rules.</summary>
    private static Expectation[] RulesOf(string path, string scope = "pricing") =>
    [
        new($"GET {path}", Who.Admin, $"{scope}:read"),
        new($"POST {path}", Who.Admin, $"{scope}:write"),
        new($"GET {path}/{{id}}", Who.Admin, $"{scope}:read"),
        new($"PUT {path}/{{id}}", Who.Admin, $"{scope}:write"),
        new($"DELETE {path}/{{id}}", Who.Admin, $"{scope}:write"),
        new($"GET {path}/{{id}}/history", Who.Admin, $"{scope}:read"),
    ];
}
