using System.Text;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A request that was made up.</summary>
internal sealed record FuzzRequest
{
    /// <summary>The operation that is meant; null when the document has none such.</summary>
    public required FuzzOperation? Operation { get; init; }

    public required string Method { get; init; }

    /// <summary>Path and query, as they go over the wire.</summary>
    public required string Target { get; init; }

    public List<(string Name, string Value)> Headers { get; } = [];

    public byte[]? Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>True when the server may refuse it before it is anybody's request.</summary>
    public bool IsMalformed { get; init; }

    /// <summary>True when a part of the path may lead elsewhere.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>What it was sent as: nobody, guest, customer or admin.</summary>
    public required string Caller { get; init; }

    public bool IsChinese => Headers.Any(h => h is ("Accept-Language", "zh-CN"));

    /// <summary>Sends it. Of a stream only the beginning is read.</summary>
    public async Task<Reply> SendAsync(HttpClient http, CancellationToken limit)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Parse(Method),
            new Uri(
                http.BaseAddress!.GetLeftPart(UriPartial.Authority) + Target,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        foreach (var (name, value) in Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (Body is not null)
        {
            request.Content = new ByteArrayContent(Body);
            if (ContentType is not null)
                request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return new Reply(response.StatusCode, isStream ? "" : await response.Content.ReadAsStringAsync(limit), headers);
    }

    /// <summary>As a line for a shell.</summary>
    public string ToCurl(HttpClient http)
    {
        var line = new StringBuilder("curl -i --path-as-is -X ").Append(Method);
        foreach (var (name, value) in Headers)
            line.Append(" -H ").Append(Quoted($"{name}: {value}"));
        if (Body is not null)
        {
            line.Append(" -H ").Append(Quoted(ContentType is null ? "Content-Type:" : $"Content-Type: {ContentType}"));
            line.Append(" --data-binary ")
                .Append(Body.Length > 4000 ? $"'… {Body.Length} bytes …'" : Quoted(Encoding.UTF8.GetString(Body)));
        }
        return line.Append(' ').Append(Quoted(http.BaseAddress!.GetLeftPart(UriPartial.Authority) + Target)).ToString();
    }

    private static string Quoted(string text) => text.Any(char.IsControl)
        ? $"$'{string.Concat(text.Select(c => c is '\'' or '\\' ? $"\\{c}" : char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()))}'"
        : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
