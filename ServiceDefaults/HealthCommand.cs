namespace SoonShop.ServiceDefaults;

/// <summary>
/// The command <c>health URL</c> of both programs: checks a process on this machine. For the health checks of container engines, in images
/// without another HTTP client.
/// </summary>
public static class HealthCommand
{
    private const int Healthy = 0, UsageError = 64, Unavailable = 69;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <summary>Returns the exit code: 0 for a success response, otherwise 69 and a reason on standard error.</summary>
    public static async Task<int> AskAsync(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"health: '{url}' is not an address; use one such as http://127.0.0.1:8080/health/ready.");
            return UsageError;
        }
        try
        {
            using var http = new HttpClient { Timeout = Limit };
            using var answer = await http.GetAsync(address);
            if (answer.IsSuccessStatusCode)
                return Healthy;
            await Console.Error.WriteLineAsync(
                $"health: {address} responds with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"health: {address} does not respond: {e.Message}");
        }
        return Unavailable;
    }
}
