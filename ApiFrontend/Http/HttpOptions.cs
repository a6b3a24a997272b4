namespace SoonShop.ApiFrontend.Http;

/// <summary>Configuration section <c>Http</c>: what the server takes from clients.</summary>
public sealed class HttpOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Http";

    /// <summary>The largest request body, in bytes.</summary>
    public int MaxRequestBytes { get; set; } = 1024 * 1024;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (MaxRequestBytes is < 1024 or > 64 * 1024 * 1024)
            yield return $"Http:MaxRequestBytes is {MaxRequestBytes}; set Http__MaxRequestBytes to 1024–67108864.";
    }
}
