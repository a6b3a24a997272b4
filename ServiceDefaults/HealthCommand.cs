namespace SoonShop.ServiceDefaults;

/// <summary>
/// The command <c>health URL</c> of both programs: asks a process on this machine how it is. For the health checks of container engines, in
/// images where there is no other HTTP client.
/// </summary>
public static class HealthCommand
{
    private const int Healthy = 0, UsageError = 64, Unavailable = 69;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <summary>The exit code: 0 when the answer is a success, 69 and a reason on standard error otherwise.</summary>
    public static async Task<int> AskAsync(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"health: '{url}' is no address; give one such as http://127.0.0.1:8080/health/ready.");
            return UsageError;
        }
        try
        {
            using var http = new HttpClient { Timeout = Limit };
            using var answer = await http.GetAsync(address);
            if (answer.IsSuccessStatusCode)
                return Healthy;
            await Console.Error.WriteLineAsync($"health: {address} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"health: {address} does not answer: {e.Message}");
        }
        return Unavailable;
    }
}
