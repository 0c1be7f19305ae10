package dispatch

// The codes of what the desk refuses, and why.
const (
	noRejectReason   = "reject_reason"
	noSuchOrder      = "no_such_order"
	noStage          = "order_stage"    // stage
	noTimeLeft       = "order_expired"  // until_ms
	noSimulation     = "not_simulated"  //
	noOldSimulation  = "simulation_old" // age_s
	noInput          = "input_lost"     // point, quality
	noMovedInput     = "input_moved"    // point, then, now
	noConvergence    = "no_convergence"
	noLimits         = "limits_broken"      // element, limit, value, bound, count
	noStopped        = "all_stopped"        //
	noHolder         = "held_by_other"      // who
	noSecondYes      = "approved_already"   //
	noPassword       = "password_again"     //
	noOwnPlant       = "standing_own_plant" //
	noStandingEnd    = "standing_end"
	noStandingRange  = "standing_range"
	noStandingReason = "standing_reason"
	noLockReason     = "lock_reason"
	noLockEnd        = "lock_end"
	noLockKind       = "lock_kind" // kind
	noLockPoint      = "lock_nothing"
	noLock           = "not_locked"
	noEnvelope       = "no_such_envelope" // name
	noEnvelopeTime   = "envelope_time"
	noEnvelopeReason = "envelope_reason"
	noRevert         = "nothing_to_revert"
	noItems          = "no_setpoints"
	noOrderReason    = "order_reason"
	noTwice          = "point_twice"
	noRange          = "out_of_range"     // value, min, max
	noPresent        = "setpoint_unknown" // quality
	noStep           = "step_too_large"   // from, to, step, envelope
	noFrost          = "frost"            // least_opening
	noStop           = "nothing_stopped"
	noSecondResume   = "resume_second" // within_s
	noRight          = "not_allowed"   // who, role, action, roles
	noModeReason     = "mode_reason"
	noAutoEnd        = "auto_end"
	noSecondAuto     = "auto_second" // within_s
)

// sentences is everything the desk says, by code: refusals, and why an item
// failed, waits or is special.
var sentences = map[string]sentence{
	noRejectReason:   {"a rejection needs a reason", "驳回须说明原因", "say why", "请填写原因"},
	noSuchOrder:      {"there is no such order on the desk", "没有这条指令", "", ""},
	noStage:          {"it is {stage} already", "该指令{stage}，不再等待审批", "", ""},
	noTimeLeft:       {"its time ran out at {until_ms}", "该指令的有效期已于 {until_ms} 结束", "propose it again", "请重新提出"},
	noSimulation:     {"it was not simulated", "该指令未经模型推演", "have it computed again", "请重新计算"},
	noOldSimulation:  {"needs recomputing: its simulation is {age_s} old", "推演已是 {age_s}前的", "have it computed again", "请重新计算"},
	noInput:          {"needs recomputing: {point} is not known any more ({quality})", "推演所依据的 {point} 已不可用（{quality}）", "have it computed again", "请重新计算"},
	noMovedInput:     {"needs recomputing: {point} has moved from {then} to {now} since", "推演所依据的 {point} 已由 {then} 变为 {now}", "have it computed again", "请重新计算"},
	noConvergence:    {"the simulation found no solution", "推演未收敛", "change the order", "请修改指令"},
	noLimits:         {"the simulation breaks {count} limits, first {limit} at {element}: {value} against {bound}", "推演结果有 {count} 处越限，首先是 {element} {limit}：{value}，界限 {bound}", "change the order", "请修改指令"},
	noStopped:        {"all orders are stopped", "已停止全部下发", "resume first", "请先恢复下发"},
	noHolder:         {"another order holds this point, approved by {who}", "该点正由 {who} 批准的另一条指令占用", "wait until it is done", "请等它执行完毕"},
	noSecondYes:      {"you have approved it already; it takes a second person", "您已批准过，还需要第二人", "ask another one", "请另一位人员批准"},
	noPassword:       {"a critical order asks for your password again", "关键指令须重新输入口令", "enter it, then approve within 5 min", "请重新登录，5 分钟内批准"},
	noOwnPlant:       {"a standing approval is valid only at a plant that this process started", "常设授权只对本程序自带的虚拟现场有效", "use mode auto, which two persons enter", "请由两人进入自动模式"},
	noStandingEnd:    {"a standing approval needs an end in the future", "常设授权须有将来的截止时间", "give one", "请填写"},
	noStandingRange:  {"a standing approval needs a range of values", "常设授权须有取值范围", "min must not be above max", "下限不得高于上限"},
	noStandingReason: {"a standing approval needs a reason", "常设授权须说明原因", "say why", "请填写原因"},
	noLockReason:     {"a lock needs a reason", "锁定须说明原因", "say why", "请填写原因"},
	noLockEnd:        {"a lock needs an end in the future", "锁定须有将来的截止时间", "give one", "请填写"},
	noLockKind:       {"{kind} is no kind of lock", "没有“{kind}”这种锁定", "locked or out_of_service", "请选择锁定或停用"},
	noLockPoint:      {"nothing of this element is writable, so there is nothing to lock", "该对象没有可下发的测点，无需锁定", "check the id", "请核对编号"},
	noLock:           {"it is not locked", "该对象没有锁定", "", ""},
	noEnvelope:       {"there is no envelope {name}", "没有名为 {name} 的限值包络", "normal or initial-balance", "可用：normal、initial-balance"},
	noEnvelopeTime:   {"an envelope is opened for a stated time of at most 31 days", "打开限值包络须说明时长，最多 31 天", "say how long", "请填写时长"},
	noEnvelopeReason: {"opening an envelope needs a reason", "打开限值包络须说明原因", "say why", "请填写原因"},
	WhyNotWritable:   {"this point is not writable", "该点不可下发", "add it to the point list as a writable point", "请在点表中登记为可写"},
	WhyLocked:        {"{kind} by {by} until {until_ms}: {reason}", "已被 {by} {kind}至 {until_ms}：{reason}", "unlock it first", "请先解锁"},
	WhyMode:          {"its mode is {mode}", "运行模式为“{mode}”", "it needs at least {least}", "至少须为“{least}”"},
	noRevert:         {"nothing of this order was confirmed, so there is nothing to revert", "该指令没有已回读的项，无可撤回", "", ""},
	noItems:          {"an order needs at least one setpoint", "指令至少须有一个设定值", "", ""},
	noOrderReason:    {"an order needs a reason", "指令须说明原因", "say why", "请填写原因"},
	noTwice:          {"the point occurs twice in one order", "同一指令中该点出现两次", "one setpoint a point", "每点只给一个设定值"},
	noRange:          {"{value} is outside {min} to {max}", "{value} 超出 {min}～{max}", "stay within the point's range", "请在允许范围内设定"},
	noPresent:        {"its present setpoint is not known ({quality})", "当前设定值未知（{quality}）", "wait until its PLC answers", "请等待其 PLC 应答"},
	noStep:           {"a step from {from} to {to} is more than {step}, the limit of {envelope}", "由 {from} 到 {to} 超过{envelope}的单步上限 {step}", "go in smaller steps", "请分几步设定"},
	noFrost:          {"at frost no valve is closed below {least_opening}", "室外低于 0 ℃ 时阀位不得低于 {least_opening}", "lock the station and close it by hand if it must be", "确需关闭时请锁定该站并现场操作"},
	noStop:           {"nothing is stopped", "当前没有停止下发", "", ""},
	noSecondResume:   {"starting again takes two persons; you are the first", "恢复下发须两人，您是第一人", "another one asks for the same within {within_s}", "请另一位人员在 {within_s}内同样操作"},
	noRight:          {"{who} ({role}) may not do this: {action}", "{who}（{role}）无权{action}", "ask {roles}", "请找{roles}"},
	noModeReason:     {"a change of mode needs a reason", "切换模式须说明原因", "say why", "请填写原因"},
	noAutoEnd:        {"auto needs an end within 31 days", "自动模式须有 31 天内的截止时间", "give one", "请填写"},
	noSecondAuto:     {"auto takes an engineer and a dispatcher; you are the first", "自动模式须工程师和调度员两人，您是第一人", "the other one asks for the same within {within_s}", "请另一位在 {within_s}内同样操作"},

	WhyRefused:       {"refused: {answer}", "被 PLC 或下发前的最后检查拒绝：{answer}", "", ""},
	WhyNotSent:       {"not sent: {answer}", "未发送：{answer}", "", ""},
	WhyUncertain:     {"sent, no valid answer: {answer}", "已发送，没有有效应答：{answer}", "", ""},
	WhyResolved:      {"after uncertainty", "结果曾不确定，回读后确认", "", ""},
	WhyOldValue:      {"somebody moved it: it holds {found}, {expected} was expected", "已被他人改动：现为 {found}，应为 {expected}", "", ""},
	WhyForeignValue:  {"foreign value: the register holds {value}, neither old nor new", "寄存器为 {value}，既非原值也非新值", "", ""},
	WhyUnchanged:     {"the register still holds {value}", "寄存器仍为 {value}", "", ""},
	WhyUnreadable:    {"the register cannot be read: {answer}", "寄存器读不到：{answer}", "", ""},
	WhyAlreadyThere:  {"already there: not sent", "已是该值，未发送", "", ""},
	WhyLocal:         {"it is switched to local", "已切换到就地控制", "", ""},
	WhyFallback:      {"its PLC is on its own curve", "其 PLC 按本地曲线运行", "", ""},
	WhyHeartbeat:     {"its PLC's heartbeat is not well: {quality}", "其 PLC 心跳异常（{quality}）", "", ""},
	WhyQuality:       {"{point} is not read well: {quality}", "{point} 读数不合格（{quality}）", "", ""},
	WhyHeld:          {"order {order} holds this point", "该点正由指令 {order} 占用", "", ""},
	WhyStopped:       {"stop-all by {by}", "已由 {by} 停止全部下发", "", ""},
	WhyStoppedFirst:  {"stopped before it was sent", "发送前已停止", "", ""},
	WhyFailures:      {"stopped after {count} failures", "已有 {count} 项失败，停止其余", "", ""},
	WhyRestart:       {"the program was restarted; nothing queued is sent", "程序已重启，排队的项不再发送", "", ""},
	WhyRestartSent:   {"it was on its way when the program stopped", "程序停止时正在下发", "", ""},
	WhyRestartUnsent: {"the program stopped before it was sent", "程序在发送前停止", "", ""},
	WhyTimeout:       {"its time ran out before all of it was sent", "未及全部发送，有效期已过", "", ""},
	WhyUnapproved:    {"nobody approved it in time", "有效期内无人批准", "", ""},
	WhyLapsed:        {"the selection lapsed", "选中已超时", "", ""},
	WhyRateLimit:     {"was written {ago_s} ago; at least {pause_s} between two writes", "{ago_s}前刚写过，两次下发至少间隔 {pause_s}", "", ""},
	WhyRate:          {"moves too much within {window_s}", "{window_s}内动作过大", "", ""},
	WhyDayBudget:     {"the day's {moves} moves of this point are used up", "当日 {moves} 次动作已用完", "", ""},
	WhyStagger:       {"writes are {pause_s} apart", "各次下发间隔 {pause_s}", "", ""},
	WhyFleetBrake:    {"fleet brake: at most {share} of the stations within {window_s}", "群控限速：{window_s}内最多动 {share} 的站", "", ""},
	WhyFlowBrake:     {"fleet brake: at most {share} of the flow within {window_s}", "群控限速：{window_s}内最多动 {share} 的流量", "", ""},
	WhyBatch:         {"batches are {every_s} apart; this one waits {wait_s}", "各批间隔 {every_s}，本批还要等 {wait_s}", "", ""},
	WhyBatchBefore:   {"the batch before is not confirmed yet", "上一批尚未回读完毕", "", ""},
	WhyOnce:          {"moved once in this round already ({envelope} allows one move a round)", "本轮已动作一次（{envelope}每轮只许一次）", "", ""},
	WhyOneAtATime:    {"critical commands go one at a time", "关键指令逐条下发", "", ""},
	WhyEnvelope:      {"the envelope it was approved under was closed; the step is too large for {envelope}", "批准时的限值包络已关闭，步长超过{envelope}", "", ""},
	WhyNoEffect:      {"command without effect: the feedback is {feedback} after {after_s} (stuck, or held on site)", "{after_s}后反馈仍为 {feedback}，指令无效果（卡涩或现场保持）", "", ""},
	WhyNewer:         {"a newer recommendation took its place", "已有新的建议取代", "", ""},
	WhySuperseded:    {"order {order} moves it again", "已由指令 {order} 再次设定", "", ""},
	WhyBalance:       {"x from {x_min} to {x_max}, RMS deviation {rms}: {moves} settings to move, {held} stations held, {short} come short", "平衡度 {x_min}～{x_max}，失调均方根 {rms}：调整 {moves} 处，保持 {held} 站，达不到 {short} 站", "", ""},
	WhyByHand:        {"set by hand", "手动设定", "", ""},
	WhyRevert:        {"puts back what order {order} replaced", "恢复指令 {order} 之前的值", "", ""},
	WhyQueued:        {"{count} setpoints in {batches} batches under {envelope}", "{count} 项分 {batches} 批，按{envelope}", "", ""},
	WhyFirstYes:      {"first of two persons", "两人中的第一人", "", ""},
	WhyUntil:         {"until {until_ms}", "至 {until_ms}", "", ""},
	WhyWith:          {"with {by}", "与 {by} 共同", "", ""},
	WhyAutoEnd:       {"the time of auto ran out", "自动模式到期", "", ""},
	WhyRearm:         {"after a restart a person arms auto again", "重启后须由人重新进入自动模式", "", ""},
	WhyNoWriter:      {"no writer: {answer}", "没有下发通道：{answer}", "", ""},
	WhyNewStation:    {"new in the point list; an engineer commissions it", "点表中新增，待工程师投用", "", ""},
	WhyHandedBack:    {"handed back to its PLC", "交还其 PLC", "", ""},
	WhyFallsBack:     {"{answer}; its PLC falls back by itself without our heartbeat", "{answer}；没有心跳后其 PLC 会自行转入本地曲线", "", ""},
	WhyOwnPlant:      {"{who} at its own virtual plant", "{who}：本程序自带的虚拟现场", "", ""},
	WhyForeign:       {"a setpoint changed and not by us", "设定值被改动，不是本系统所写", "", ""},
	WhyForeignLocal:  {"a setpoint changed and not by us: the PLC stands in local", "设定值被改动，不是本系统所写：PLC 处于就地", "", ""},
	WhyForeignCurve:  {"a setpoint changed and not by us: the PLC runs on its own curve", "设定值被改动，不是本系统所写：PLC 按本地曲线运行", "", ""},
}
