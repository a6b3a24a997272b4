namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>Classes of routes with a limit of their own.</summary>
internal enum RateClass
{
    /// <summary>Limits attempts to sign in, counted by address in the whole cluster.</summary>
    Login,
    /// <summary>Limits new accounts, counted by address in the whole cluster.</summary>
    Registration,
    /// <summary>Limits requests for mails and uses of mailed tokens, counted by address in the whole cluster.</summary>
    Recovery,
    /// <summary>Limits mails to one e-mail address, counted in the whole cluster.</summary>
    Mail,
    /// <summary>Limits refreshes, logouts and invalid credentials, counted by address in the whole cluster.</summary>
    Tokens,
    /// <summary>Limits checkouts and payments, counted by user or API key, otherwise by address, in each front end.</summary>
    Checkout,
    /// <summary>Limits other requests that change something, counted by user or API key, otherwise by address, in each front end.</summary>
    Writes,
    /// <summary>Limits requests that read, counted by user or API key, otherwise by address, in each front end.</summary>
    Reads,
    /// <summary>Limits exports of a user's data, counted by user in each front end.</summary>
    Exports,
    /// <summary>Limits administration, counted by user or API key, otherwise by address, in each front end.</summary>
    Admin,
    /// <summary>Limits webhooks of the payment provider, counted by address in each front end.</summary>
    Webhooks,
}

/// <summary>The rate limit that a route declares.</summary>
/// <param name="Class">The class; null for no limit.</param>
internal sealed record RateLimited(RateClass? Class);
