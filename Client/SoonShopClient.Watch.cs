using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SoonShop.Client.Answers;
using SoonShop.Client.Sending;

namespace SoonShop.Client;

/// <content>Live updates of an order, which no generator knows.</content>
public sealed partial class SoonShopClient
{
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Follows the status of an order: first the changes so far, then each one as it happens. Reconnects by itself, and ends when no
    /// further change follows, for instance after a cancellation.
    /// </summary>
    /// <param name="id">The id of the order.</param>
    /// <param name="cancellationToken">Ends the updates.</param>
    /// <exception cref="SoonShopException">The shop refuses the updates, or does not answer.</exception>
    public async IAsyncEnumerable<TimelineEntry> WatchOrderAsync(
        Guid id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? last = null;
        while (true)
        {
            var call = new ApiCall("GET", "api/v1/orders/{id}/events").Path("id", id).Header("Last-Event-ID", last);
            using var response = await SendAsync(call, streamed: true, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NoContent)
                yield break;
            // The shop sends a heartbeat every 8 seconds. Without one, the connection is lost.
            using var silence = new CancellationTokenSource(options.TryTimeout, options.TimeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var events = SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<TimelineEntry>(data, Json.Options)!)
                .EnumerateAsync(either.Token).GetAsyncEnumerator(CancellationToken.None);
            while (await NextAsync(events, cancellationToken).ConfigureAwait(false) is { } item)
            {
                silence.CancelAfter(options.TryTimeout);
                if (item.EventType != "status")
                    continue;
                last = item.EventId ?? last;
                yield return item.Data;
            }
            await Task.Delay(ReconnectDelay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The next event; null when the stream has ended or broken off.</summary>
    private static async ValueTask<SseItem<TimelineEntry>?> NextAsync(
        IAsyncEnumerator<SseItem<TimelineEntry>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false) ? events.Current : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }
}
