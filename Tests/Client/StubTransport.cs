using System.Net;
using System.Text;

namespace SoonShop.Tests.Client;

/// <summary>Stands for the shop and the way to it.</summary>
internal sealed class StubTransport(Func<HttpRequestMessage, int, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    /// <summary>How many requests came.</summary>
    public int Requests { get; private set; }

    /// <summary>Answers all requests with the same status and JSON.</summary>
    public static StubTransport Of(HttpStatusCode status, string json, Action<HttpResponseMessage>? change = null) =>
        new((_, _, _) => Task.FromResult(Answer(status, json, change)));

    /// <summary>An answer.</summary>
    public static HttpResponseMessage Answer(HttpStatusCode status, string json, Action<HttpResponseMessage>? change = null)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        change?.Invoke(response);
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await answer(request, ++Requests, cancellationToken);
        response.RequestMessage = request;
        return response;
    }
}
