using Microsoft.Extensions.Options;

namespace SoonShop.Client;

/// <summary>Names everything that is wrong at once, with what to set.</summary>
internal sealed class SoonShopClientOptionsValidator : IValidateOptions<SoonShopClientOptions>
{
    private const int MaxRetries = 10;
    private const long MinAnswerBytes = 1024, MaxAnswerBytes = 1024 * 1024 * 1024;
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5), Hour = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SoonShopClientOptions options) =>
        Faults(options).ToList() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;

    /// <summary>Throws an <see cref="OptionsValidationException"/> when something is wrong.</summary>
    public static void ThrowIfInvalid(SoonShopClientOptions options)
    {
        if (Faults(options).ToList() is { Count: > 0 } faults)
            throw new OptionsValidationException(Options.DefaultName, typeof(SoonShopClientOptions), faults);
    }

    private static IEnumerable<string> Faults(SoonShopClientOptions options)
    {
        if (options.Address is not { IsAbsoluteUri: true, Scheme: "http" or "https", Query: "", Fragment: "" })
            yield return "Address must be an absolute http or https address without a query, such as https://shop.example.";
        if (options.ApiKey is { } key && !key.StartsWith("sk_soonshop_", StringComparison.Ordinal))
            yield return "ApiKey must be an API key of the shop, which begins with sk_soonshop_.";
        if (options.MaxRetries is < 0 or > MaxRetries)
            yield return $"MaxRetries must be from 0 to {MaxRetries}.";
        if (options.FirstRetryDelay <= TimeSpan.Zero || options.FirstRetryDelay > options.MaxRetryDelay)
            yield return "FirstRetryDelay must be positive and at most MaxRetryDelay.";
        if (options.MaxRetryDelay <= TimeSpan.Zero || options.MaxRetryDelay > FiveMinutes)
            yield return "MaxRetryDelay must be positive and at most 5 minutes.";
        if (options.MaxRetryAfter < TimeSpan.Zero || options.MaxRetryAfter > Hour)
            yield return "MaxRetryAfter must be from 0 to an hour.";
        if (options.TryTimeout <= TimeSpan.Zero || options.TryTimeout > FiveMinutes)
            yield return "TryTimeout must be positive and at most 5 minutes.";
        if (options.TotalTimeout < options.TryTimeout || options.TotalTimeout > Hour)
            yield return "TotalTimeout must be at least TryTimeout and at most an hour.";
        if (options.MaxAnswerBytes is < MinAnswerBytes or > MaxAnswerBytes)
            yield return $"MaxAnswerBytes must be from {MinAnswerBytes} to {MaxAnswerBytes}.";
        if (options.TimeProvider is null)
            yield return "TimeProvider must be set.";
    }
}
