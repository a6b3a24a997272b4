namespace SoonShop.ApiKeys;

/// <summary>What API keys can be allowed to do: a resource and a verb. There is none for roles, keys, accounts and carts.</summary>
public static class ApiScopes
{
    /// <summary>All scopes.</summary>
    public static readonly ImmutableArray<string> All =
    [
        "audit:read", "catalog:write", "events:read", "events:write", "inventory:read", "inventory:write", "orders:read", "orders:write",
        "payments:read", "payments:write", "webhooks:read", "webhooks:write",
    ];
}
