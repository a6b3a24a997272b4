namespace SoonShop.Silo.RabbitMq;

/// <summary>Publishes messages in order and awaits the broker's confirms, one batch at a time.</summary>
internal sealed class ConfirmedPublisher
{
    private readonly BrokerConnection broker;
    private readonly string exchange;
    private readonly TimeSpan limit;
    private Confirms? confirms;

    /// <param name="broker">The connection. Nobody else may publish on its channel.</param>
    /// <param name="exchange">The exchange.</param>
    /// <param name="limit">The time limit of a batch.</param>
    public ConfirmedPublisher(BrokerConnection broker, string exchange, TimeSpan limit)
    {
        (this.broker, this.exchange, this.limit) = (broker, exchange, limit);
        broker.Channel.BasicAcksAsync += (_, e) => With(c => c.Confirm(e.DeliveryTag, e.Multiple));
        broker.Channel.BasicNacksAsync += (_, e) => With(c => c.Fail($"the broker refused message {e.DeliveryTag}"));
        broker.Channel.BasicReturnAsync += (_, e) =>
            With(c => c.Fail($"no queue takes {e.RoutingKey}, and the alternate exchange has none"));
    }

    /// <summary>Returns when the broker has every message.</summary>
    /// <exception cref="BrokerException">Some may not have arrived. Give up the connection and send all of them again.</exception>
    public async Task PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation, broker.Lost);
        deadline.CancelAfter(limit);
        try
        {
            var first = await broker.Channel.GetNextPublishSequenceNumberAsync(deadline.Token).AsTask().WaitAsync(deadline.Token);
            var awaited = new Confirms(first, messages.Count);
            Volatile.Write(ref confirms, awaited);
            foreach (var message in messages)
            {
                // Mandatory: a message that even the alternate exchange cannot place comes back instead of being dropped.
                var sending = broker.Channel.BasicPublishAsync(
                    exchange, message.RoutingKey, mandatory: true, message.Properties, message.Body, deadline.Token);
                if (!sending.IsCompletedSuccessfully)
                    await sending.AsTask().WaitAsync(deadline.Token);
            }
            await awaited.Task.WaitAsync(deadline.Token);
        }
        catch (Exception e) when (e is not BrokerException)
        {
            cancellation.ThrowIfCancellationRequested();
            broker.ThrowIfLost();
            var late = $"the broker did not confirm {messages.Count} messages within {limit.TotalSeconds} s";
            throw new BrokerException(e is OperationCanceledException ? late : e.Message, e);
        }
    }

    private Task With(Action<Confirms> act)
    {
        if (Volatile.Read(ref confirms) is { } current)
            act(current);
        return Task.CompletedTask;
    }

    /// <summary>The confirms of one batch.</summary>
    internal sealed class Confirms(ulong first, int count) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private readonly Lock gate = new();
        private readonly bool[] confirmed = new bool[count];
        private int missing = count;

        /// <summary>All before this one are confirmed.</summary>
        private int low;

        /// <summary>
        /// Records a confirm of one message, or of all up to it. A repetition, or one of an earlier batch, changes nothing.
        /// </summary>
        public void Confirm(ulong tag, bool multiple)
        {
            lock (gate)
            {
                if (tag < first || tag - first >= (ulong)confirmed.Length)
                    return;
                var index = (int)(tag - first);
                if (!multiple)
                    Mark(index);
                for (; multiple && low <= index; low++)
                    Mark(low);
                if (missing == 0)
                    TrySetResult();
            }
        }

        public void Fail(string why) => TrySetException(new BrokerException(why));

        private void Mark(int index)
        {
            if (!confirmed[index])
                missing--;
            confirmed[index] = true;
        }
    }
}
