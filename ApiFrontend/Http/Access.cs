namespace SoonShop.ApiFrontend.Http;

/// <summary>Who may call a route.</summary>
internal enum AccessLevel
{
    /// <summary>Whoever asks.</summary>
    Anyone,

    /// <summary>The payment provider: its signature is checked where its secret is, in the cluster.</summary>
    Provider,

    /// <summary>Somebody signed in, for what is theirs.</summary>
    Customer,

    /// <summary>Somebody signed in or who holds a cart, for what is theirs.</summary>
    CustomerOrGuest,

    /// <summary>As before, and whoever claims to be neither.</summary>
    CustomerGuestOrNobody,

    /// <summary>Administrators.</summary>
    Administrator,
}

/// <summary>
/// What a route declares of who may call it. Every route declares one, or the front end does not start
/// (<see cref="AccessRules.RequireDeclaredAccess"/>); the last declared counts. Whose a resource is, its grain decides: what is
/// somebody else's is not found.
/// </summary>
/// <param name="Level">Who may call.</param>
/// <param name="Resource">For API keys: the first part of the scope that they need, such as <c>orders</c>; null where no key will do.</param>
internal sealed record Access(AccessLevel Level, string? Resource = null)
{
    /// <summary>True where a call without an access token is refused, whatever else it has.</summary>
    public bool NeedsToken => Level is AccessLevel.Customer or AccessLevel.Administrator;

    /// <summary>True where a guest's cart is a credential.</summary>
    public bool TakesCart => Level is AccessLevel.CustomerOrGuest or AccessLevel.CustomerGuestOrNobody;

    /// <summary>The scope that an API key needs: reading is for reading requests, writing for all others. Null where no key will do.</summary>
    public string? ScopeFor(string method) =>
        Resource is null ? null : HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? $"{Resource}:read" : $"{Resource}:write";
}

/// <summary>The words by which routes declare their access.</summary>
internal static class AccessDeclarations
{
    /// <summary>For whoever asks. Credentials that are no good do no harm here.</summary>
    public static T ForAnyone<T>(this T routes) where T : IEndpointConventionBuilder => routes.WithMetadata(new Access(AccessLevel.Anyone));

    /// <summary>For the payment provider, whose signature the cluster checks.</summary>
    public static T ForProvider<T>(this T routes) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.Provider));

    /// <summary>For signed-in customers, about what is theirs.</summary>
    public static T ForCustomers<T>(this T routes) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.Customer));

    /// <summary>
    /// For signed-in customers and for guests who hold a cart, about what is theirs; administrators, and API keys with a scope of
    /// <paramref name="resource"/>, may look, where the grain allows it.
    /// </summary>
    public static T ForCustomersAndGuests<T>(this T routes, string? resource = null) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.CustomerOrGuest, resource));

    /// <summary>For customers, guests, and whoever is not even that yet.</summary>
    public static T ForCustomersGuestsAndNobody<T>(this T routes) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.CustomerGuestOrNobody));

    /// <summary>For administrators and, with a resource, for API keys that have its scope.</summary>
    public static T ForAdministrators<T>(this T routes, string? resource = null) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new Access(AccessLevel.Administrator, resource));
}
