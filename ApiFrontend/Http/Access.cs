namespace SoonShop.ApiFrontend.Http;

/// <summary>Who may call a route.</summary>
internal enum AccessLevel
{
    /// <summary>Anybody.</summary>
    Anyone,

    /// <summary>The payment provider. The cluster, which has the secret, verifies its signature.</summary>
    Provider,

    /// <summary>A signed-in customer, for the customer's own resources.</summary>
    Customer,

    /// <summary>A signed-in customer or a guest with a cart, for the caller's own resources.</summary>
    CustomerOrGuest,

    /// <summary>A customer, a guest, or a caller without credentials.</summary>
    CustomerGuestOrNobody,

    /// <summary>Administrators.</summary>
    Administrator,
}

/// <summary>
/// The access that a route declares. Every route must declare one, otherwise the front end does not start
/// (<see cref="AccessRules.RequireDeclaredAccess"/>); the last declaration counts. The resource's grain checks ownership: a resource of
/// somebody else is not found.
/// </summary>
/// <param name="Level">Who may call.</param>
/// <param name="Resource">The first part of the scope that API keys need, such as <c>orders</c>; null when no key is accepted.</param>
internal sealed record Access(AccessLevel Level, string? Resource = null)
{
    /// <summary>True when a call without an access token is refused, whatever other credentials it has.</summary>
    public bool NeedsToken => Level is AccessLevel.Customer or AccessLevel.Administrator;

    /// <summary>True when a guest's cart is accepted as a credential.</summary>
    public bool TakesCart => Level is AccessLevel.CustomerOrGuest or AccessLevel.CustomerGuestOrNobody;

    /// <summary>
    /// Returns the scope that an API key needs: read for requests that read, write for all others. Null when no key is accepted.
    /// </summary>
    public string? ScopeFor(string method) =>
        Resource is null ? null : HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? $"{Resource}:read" : $"{Resource}:write";
}

/// <summary>Declares the access of routes.</summary>
internal static class AccessDeclarations
{
    /// <summary>Allows anybody. Invalid credentials are ignored.</summary>
    public static T ForAnyone<T>(this T routes) where T : IEndpointConventionBuilder => routes.WithMetadata(new Access(AccessLevel.Anyone));

    /// <summary>Allows the payment provider, whose signature the cluster verifies.</summary>
    public static T ForProvider<T>(this T routes) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.Provider));

    /// <summary>Allows signed-in customers, for their own resources.</summary>
    public static T ForCustomers<T>(this T routes) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.Customer));

    /// <summary>
    /// Allows signed-in customers and guests with a cart, for their own resources. Administrators, and API keys with a scope of
    /// <paramref name="resource"/>, may read where the grain allows it.
    /// </summary>
    public static T ForCustomersAndGuests<T>(this T routes, string? resource = null) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.CustomerOrGuest, resource));

    /// <summary>Allows customers, guests, and callers without credentials.</summary>
    public static T ForCustomersGuestsAndNobody<T>(this T routes) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.CustomerGuestOrNobody));

    /// <summary>Allows administrators and, with a resource, API keys with its scope.</summary>
    public static T ForAdministrators<T>(this T routes, string? resource = null) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.Administrator, resource));
}
