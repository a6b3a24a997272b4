namespace SoonShop.ApiKeys;

/// <summary>The scopes of API keys: a resource and a verb each. There is none for roles, keys, accounts and carts.</summary>
public static class ApiScopes
{
    /// <summary>All scopes.</summary>
    public static readonly ImmutableArray<string> All =
    [
        "audit:read", "catalog:read", "catalog:write", "events:read", "events:write", "imports:read", "imports:write", "inventory:read",
        "inventory:write", "orders:read", "orders:write",
        "payments:read", "payments:write", "pricing:read", "pricing:write", "webhooks:read", "webhooks:write",
    ];
}
