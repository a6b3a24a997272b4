namespace SoonShop.Payments;

/// <summary>A webhook of a payment provider, as the front end received it. The silo verifies it.</summary>
/// <param name="Provider">The last part of the address to which it was sent, such as <c>stripe</c>.</param>
/// <param name="Body">The body, exactly as received.</param>
/// <param name="Headers">The headers. Their names are in lower case; values of a repeated header are joined by commas.</param>
[GenerateSerializer, Immutable, Alias("soonshop.provider-webhook")]
public sealed record ProviderWebhook(string Provider, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Returns a header; empty when it is missing.</summary>
    /// <param name="name">The name, in any case.</param>
    public string Header(string name) => Headers.GetValueOrDefault(name.ToLowerInvariant(), "");
}
