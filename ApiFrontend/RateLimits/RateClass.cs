namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>Classes of routes with a limit of their own.</summary>
internal enum RateClass
{
    /// <summary>Attempts to sign in, by address, counted in the cluster.</summary>
    Login,
    /// <summary>New accounts, by address, counted in the cluster.</summary>
    Registration,
    /// <summary>Requests for mails and uses of mailed tokens, by address, counted in the cluster.</summary>
    Recovery,
    /// <summary>Mails to one e-mail address, counted in the cluster.</summary>
    Mail,
    /// <summary>Refreshes, logouts and invalid credentials, by address, counted in the cluster.</summary>
    Tokens,
    /// <summary>Checkouts and payments, by user or else address, counted in each front end.</summary>
    Checkout,
    /// <summary>Other requests that change something, by user or else address, counted in each front end.</summary>
    Writes,
    /// <summary>Requests that read, by user or else address, counted in each front end.</summary>
    Reads,
    /// <summary>Exports of a user's data, by user, counted in each front end.</summary>
    Exports,
    /// <summary>Administration, by user or else address, counted in each front end.</summary>
    Admin,
    /// <summary>Webhooks of the payment provider, by address, counted in each front end.</summary>
    Webhooks,
}

/// <summary>The rate limit that a route declares.</summary>
/// <param name="Class">The class; null for no limit.</param>
internal sealed record RateLimited(RateClass? Class);
