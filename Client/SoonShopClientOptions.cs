namespace SoonShop.Client;

/// <summary>Where the shop is, and how long and how often the client tries.</summary>
public sealed class SoonShopClientOptions
{
    /// <summary>The address of the shop without <c>/api/v1</c>, such as <c>https://shop.example</c>. Required.</summary>
    public Uri? Address { get; set; }

    /// <summary>
    /// An API key (<c>sk_soonshop_…</c>) for programs that administer the shop. Clients with credentials of their own
    /// (<see cref="SoonShopClient.WithCredentials"/>) do not send it.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>How often a call is repeated at most, from 0 to 10. Only calls that take effect once are repeated.</summary>
    public int MaxRetries { get; set; } = 4;

    /// <summary>The time before the first repetition. Each later one waits about twice as long; all waits vary at random.</summary>
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest time between two tries, at most 5 minutes. A <c>Retry-After</c> has a limit of its own.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest <c>Retry-After</c> that the client waits for, at most an hour. A longer one is reported at once.</summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The time for one try, at most 5 minutes. The shop itself gives up after 15 seconds, with its default settings.</summary>
    public TimeSpan TryTimeout { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>The time for a call with all its tries, at most an hour.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>The largest answer in bytes, from 1 KiB to 1 GiB. Downloads (<see cref="Stream"/>) have no limit.</summary>
    public long MaxAnswerBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The clock of delays and timeouts; another one than the system's in tests.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The address that paths are relative to.</summary>
    internal Uri Root => new(Address!.AbsoluteUri.TrimEnd('/') + '/');
}
