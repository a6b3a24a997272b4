namespace SoonShop.Client.Sending;

/// <summary>What the handlers know of a call beside its request.</summary>
internal static class CallOptions
{
    /// <summary>Whose call it is.</summary>
    public static readonly HttpRequestOptionsKey<SoonShopCredentials> Credentials = new("SoonShop.Credentials");

    /// <summary>True when the caller reads the answer itself, as a stream.</summary>
    public static readonly HttpRequestOptionsKey<bool> Streamed = new("SoonShop.Streamed");

    /// <summary>How often the request was sent.</summary>
    public static readonly HttpRequestOptionsKey<int> Tries = new("SoonShop.Tries");

    /// <summary>True when the body can be sent another time.</summary>
    public static bool CanBeSentAgain(this HttpRequestMessage request) =>
        request.Content is not StreamContent content || content.ReadAsStream().CanSeek;

    /// <summary>The key under which a POST takes effect once; null for none.</summary>
    public static string? IdempotencyKey(this HttpRequestMessage request) =>
        request.Headers.TryGetValues(IdempotencyKeyHandler.Header, out var values) ? values.First() : null;
}
