using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// A file of requests, as editors run it: variables (<c>@api = …</c>), requests parted by <c>###</c>, names (<c># @name order</c>), and
/// references to answers (<c>{{order.response.body.id}}</c>). <c># @expect 404 not-found</c> is this project's own.
/// </summary>
internal sealed partial class HttpFile
{
    private readonly Dictionary<string, string> variables = [];
    private readonly Dictionary<string, JsonNode?> answers = [];

    private HttpFile(IReadOnlyList<HttpFileRequest> requests) => Requests = requests;

    public IReadOnlyList<HttpFileRequest> Requests { get; }

    public static HttpFile Parse(string text)
    {
        var requests = new List<HttpFileRequest>();
        var file = new HttpFile(requests);
        foreach (var block in Separator.Split(text.ReplaceLineEndings("\n")))
        {
            var lines = block.Split('\n');
            foreach (var line in lines.Where(l => l.StartsWith('@')))
            {
                var (name, value) = (
                    line[1..line.IndexOf('=', StringComparison.Ordinal)].Trim(),
                    line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim());
                file.variables[name] = value;
            }
            var start = Array.FindIndex(lines, l => RequestLine.IsMatch(l));
            if (start >= 0)
                requests.Add(Read(lines, start));
        }
        return file;
    }

    private static HttpFileRequest Read(string[] lines, int start)
    {
        var line = RequestLine.Match(lines[start]);
        var end = Array.FindIndex(lines, start, l => l.Trim().Length == 0) is > 0 and var blank ? blank : lines.Length;
        var directives = lines[..start]
            .Select(l => Directive.Match(l)).Where(m => m.Success).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Trim());
        var expected = directives.GetValueOrDefault("expect")?.Split(' ');
        return new HttpFileRequest(
            lines[0].Trim(), directives.GetValueOrDefault("name"), HttpMethod.Parse(line.Groups[1].Value), line.Groups[2].Value.Trim(),
            [.. lines[(start + 1)..end].Where(l => !l.StartsWith('#')).Select(l =>
                (l[..l.IndexOf(':', StringComparison.Ordinal)].Trim(), l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()))],
            string.Join('\n', lines[end..]).Trim(),
            expected is null ? null : int.Parse(expected[0], System.Globalization.CultureInfo.InvariantCulture),
            expected is [_, var code] ? code : null);
    }

    public void Set(string variable, string value) => variables[variable] = value;

    /// <summary>Sends a request, with all references resolved. Of a stream only the beginning is read.</summary>
    public async Task<Reply> SendAsync(HttpFileRequest request, HttpClient http, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(request.Method, Resolve(request.Url));
        if (request.Body.Length > 0)
            message.Content = new StringContent(Resolve(request.Body));
        foreach (var (name, value) in request.Headers)
        {
            if (name != "Content-Type")
                message.Headers.TryAddWithoutValidation(name, Resolve(value));
            else if (message.Content is not null)
                message.Content.Headers.ContentType = new(value);
        }
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value));
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var reply = new Reply(response.StatusCode, isStream ? "" : await response.Content.ReadAsStringAsync(cancellation), headers);
        if (request.Name is not null)
            answers[request.Name] = reply.Json;
        return reply;
    }

    private string Resolve(string text) => Reference.Replace(text, match => match.Groups[1].Value switch
    {
        "$guid" => Guid.NewGuid().ToString(),
        var name when variables.TryGetValue(name, out var value) => Resolve(value),
        var name when Answer.Match(name) is { Success: true } answer => Find(answers[answer.Groups[1].Value], answer.Groups[2].Value),
        var name => throw new InvalidOperationException($"Nothing says what {{{{{name}}}}} is."),
    });

    private static string Find(JsonNode? answer, string path) => PathPart.Matches(path)
        .Aggregate(answer, (node, part) =>
            part.Groups[2].Success
                ? node![int.Parse(part.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture)]
                : node![part.Groups[1].Value])!
        .ToString();

    [GeneratedRegex("^###", RegexOptions.Multiline)]
    private static partial Regex Separator { get; }

    [GeneratedRegex("^(GET|HEAD|POST|PUT|PATCH|DELETE) (.+)$")]
    private static partial Regex RequestLine { get; }

    [GeneratedRegex("^# @(name|expect) (.+)$")]
    private static partial Regex Directive { get; }

    [GeneratedRegex(@"\{\{([^}]+)\}\}")]
    private static partial Regex Reference { get; }

    [GeneratedRegex(@"^(\w+)\.response\.body\.(.+)$")]
    private static partial Regex Answer { get; }

    [GeneratedRegex(@"(\w+)|\[(\d+)\]")]
    private static partial Regex PathPart { get; }
}

/// <summary>One request of such a file.</summary>
internal sealed record HttpFileRequest(
    string Title, string? Name, HttpMethod Method, string Url, (string Name, string Value)[] Headers, string Body, int? ExpectedStatus,
    string? ExpectedProblem);

/// <summary><c>ApiFrontend/shop.http</c>, which README.md links to.</summary>
public sealed class HttpFileTests
{
    [Fact]
    public async Task the_walk_through_the_shop_runs_from_top_to_bottom_on_a_fresh_shop()
    {
        var file = HttpFile.Parse(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "ApiFrontend", "shop.http"), TestContext.Current.CancellationToken));
        Assert.True(file.Requests.Count > 40, $"Only {file.Requests.Count} requests.");
        var (shop, api, _) = await DemoShop.StartAsync();
        await using var running = shop;
        file.Set("host", api.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        var complaints = new List<string>();
        foreach (var request in file.Requests)
        {
            var reply = await file.SendAsync(request, api.Http, TestContext.Current.CancellationToken);
            var isMeant = request.ExpectedStatus is { } status
                ? (int)reply.Status == status && reply.Code == request.ExpectedProblem
                : (int)reply.Status is >= 200 and < 300;
            if (!isMeant)
                complaints.Add($"{request.Title} {request.Method} {request.Url}: {(int)reply.Status} {reply.Body}");
        }
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }
}
