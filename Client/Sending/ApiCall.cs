using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SoonShop.Client.Answers;

namespace SoonShop.Client.Sending;

/// <summary>A request that an operation describes, before it is sent.</summary>
/// <param name="method">The HTTP method.</param>
/// <param name="path">The path from the shop's address on, with the names of its parameters in braces.</param>
internal sealed class ApiCall(string method, string path)
{
    private readonly StringBuilder query = new();
    private readonly List<(string Name, string Value)> headers = [];
    private string path = path;
    private HttpContent? content;

    /// <summary>Sets a parameter of the path.</summary>
    public ApiCall Path(string name, object value)
    {
        var text = Text(value);
        // As segments of a path, dots would lead to another resource.
        if (text is "" or "." or "..")
            throw new ArgumentException($"{name} must not be empty or consist of dots.", name);
        path = path.Replace($"{{{name}}}", Uri.EscapeDataString(text), StringComparison.Ordinal);
        return this;
    }

    /// <summary>Adds a query parameter, unless it is null.</summary>
    public ApiCall Query(string name, object? value)
    {
        if (value is not null)
            query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(Text(value)));
        return this;
    }

    /// <summary>Adds a header, unless it is null.</summary>
    public ApiCall Header(string name, string? value)
    {
        if (value is null)
            return this;
        if (value.Length is 0 or > 255 || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ArgumentException($"{name} must be 1–255 printable ASCII characters.", nameof(value));
        headers.Add((name, value));
        return this;
    }

    /// <summary>Sets a body, as JSON, unless it is null.</summary>
    public ApiCall Body<T>(T? body, string mediaType)
        where T : class =>
        body is null ? this : Content(new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Json.Options)), mediaType);

    /// <summary>Sets a file as the body. Only a stream that can seek is sent again by a retry.</summary>
    public ApiCall Body(Stream body, string mediaType)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Content(new StreamContent(body), mediaType);
    }

    /// <summary>The request.</summary>
    public HttpRequestMessage ToRequest()
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path + query, UriKind.Relative)) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.Accept.ParseAdd("application/json, application/problem+json, */*;q=0.5");
        return request;
    }

    private ApiCall Content(HttpContent body, string mediaType)
    {
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        content = body;
        return this;
    }

    private static string Text(object value) => value switch
    {
        bool b => b ? "true" : "false",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
